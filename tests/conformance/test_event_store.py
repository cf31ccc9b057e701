"""The event store: what is appended comes back, whole or not at all."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from hostsdb import (
    AliasesModified,
    CommentUpdated,
    DuplicateEntry,
    EventEnvelope,
    HostCreated,
    HostDeleted,
    HostEvent,
    HostnameChanged,
    InvalidData,
    IpAddressChanged,
    Storage,
    StoredEvent,
    TagsModified,
)
from tests.conformance.samples import BAD, HOSTILE, PAST, created, pairs, whole_log

MAX_COMMENT = 65_536
CHANGES: list[HostEvent] = [
    IpAddressChanged("10.0.0.1", "10.0.0.2"),
    HostnameChanged("host1.lan", "other.lan"),
    CommentUpdated(None, "new"),
    CommentUpdated("old", None),
    TagsModified((), ("a", "b")),
    TagsModified(("a",), ()),
    AliasesModified((), ("alias.lan",)),
    AliasesModified(("alias.lan",), ()),
    HostDeleted("10.0.0.1", "host1.lan", "gone"),
    HostDeleted("10.0.0.1", "host1.lan"),
]


def test_a_first_event_is_filled_in_and_comes_back(storage: Storage) -> None:
    event = HostCreated("10.0.0.1", "a.lan", "comment", ("t1", "t2"), ("b.lan", "c.lan"))
    before = datetime.now(UTC) - timedelta(seconds=5)
    stored = storage.append_event("H1", event)
    assert stored.event == event
    assert (stored.aggregate_id, stored.expected_version, stored.created_by) == ("H1", None, None)
    assert stored.event_id and stored.event_version and stored.position is not None
    assert stored.created_at and stored.created_at.tzinfo is UTC
    assert before < stored.created_at < before + timedelta(seconds=60)
    assert stored.event_timestamp == stored.created_at
    assert storage.load_events("H1") == [stored]
    assert storage.get_current_version("H1") == stored.event_version
    assert storage.count_events("H1") == 1


def test_every_event_comes_back_as_it_was_given(storage: Storage) -> None:
    for number, change in enumerate(CHANGES):
        host = f"H{number}"
        first = storage.append_event(host, HostCreated("10.0.0.1", host))
        second = storage.append_event(host, change, first.event_version)
        assert second.event == change
        assert second.expected_version == first.event_version
        assert storage.load_events(host) == [first, second]
        assert storage.get_current_version(host) == second.event_version
        if not isinstance(change, HostDeleted):
            storage.append_event(host, CHANGES[-1], second.event_version)


def test_what_an_envelope_gives_is_kept(storage: Storage) -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    given = EventEnvelope(
        created(),
        "E1",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        PAST.astimezone(east),
        "me",
        datetime(1999, 1, 1, tzinfo=UTC),
    )
    stored = storage.append_event("H1", given)
    kept = {name: getattr(given, name) for name in EventEnvelope.__slots__}
    expected = StoredEvent(**kept, aggregate_id="H1", position=stored.position, expected_version=None)
    assert stored == expected
    assert storage.load_events("H1") == [expected]
    assert storage.load_events("H1")[0].created_at.tzinfo is UTC
    assert storage.list_all()[0].updated_at == PAST


def test_a_moment_given_is_the_events_own_too(storage: Storage) -> None:
    stored = storage.append_event("H1", EventEnvelope(created(), created_at=PAST))
    assert stored.event_timestamp == stored.created_at == PAST


def test_no_host_has_no_events(storage: Storage) -> None:
    assert storage.load_events("H1") == []
    assert storage.get_current_version("H1") is None
    assert storage.count_events("H1") == 0
    assert storage.append_events("H1", []) == []
    assert storage.append_batch([]) == []
    assert whole_log(storage) == []


def test_events_of_one_host_follow_each_other(storage: Storage) -> None:
    stored = storage.append_events("H1", [created(), *CHANGES[2:6], CHANGES[-1]])
    versions = [envelope.event_version for envelope in stored]
    assert [envelope.expected_version for envelope in stored] == [None, *versions[:-1]]
    assert versions == sorted(versions, key=str) and len(set(versions)) == len(versions)
    assert storage.load_events("H1") == stored == whole_log(storage)
    assert storage.get_current_version("H1") == versions[-1]
    assert storage.count_events("H1") == 6
    assert storage.list_all() == []


def test_a_batch_comes_back_in_its_order(storage: Storage) -> None:
    old = storage.append_event("H0", created(9))
    stored = storage.append_batch(
        [
            ("H2", [created(2), CommentUpdated(None, "x")], None),
            ("H0", [HostDeleted("10.0.0.9", "host9.lan")], old.event_version),
            ("H1", [created(1)], None),
            ("H3", [created(9)], None),
        ]
    )
    assert [envelope.aggregate_id for envelope in stored] == ["H2", "H2", "H0", "H1", "H3"]
    log = whole_log(storage)
    if storage.backend_name == "duckdb":  # one statement for the next event of every host
        assert [log.index(envelope) for envelope in (old, *stored)] == [0, 1, 4, 2, 3, 5]
    else:
        assert log == [old, *stored]
    assert [entry.id for entry in storage.list_all()] == ["H1", "H2", "H3"]


def test_a_batch_may_pass_a_pair_on(storage: Storage) -> None:
    first = storage.append_event("H1", created(1))
    move = IpAddressChanged("10.0.0.1", "10.0.0.3")
    storage.append_batch([("H1", [move], first.event_version), ("H2", [created(1)], None)])
    assert pairs(storage.list_all()) == [("10.0.0.1", "host1.lan"), ("10.0.0.3", "host1.lan")]


def test_a_batch_is_stored_whole_or_not_at_all(storage: Storage) -> None:
    taken = storage.append_event("H0", created(9))
    with pytest.raises(DuplicateEntry):
        storage.append_batch(
            [
                ("H1", [created(1), CommentUpdated(None, "x")], None),
                ("H2", [created(9)], None),
                ("H3", [created(3)], None),
            ]
        )
    with pytest.raises(InvalidData):
        storage.append_events("H1", [created(1), TagsModified((), ("",))])
    assert whole_log(storage) == [taken]
    assert [entry.id for entry in storage.list_all()] == ["H0"]


def test_the_log_is_read_in_pages(storage: Storage) -> None:
    stored = [storage.append_event(f"H{n}", created(n)) for n in range(1, 8)]
    positions = [envelope.position for envelope in stored]
    assert positions == sorted(set(positions))
    read, position = [], -1
    while page := storage.events_since(position, limit=3):
        assert len(page) <= 3
        read += page
        position = page[-1].position
    assert read == stored
    assert storage.events_since(positions[3]) == stored[4:]
    assert storage.events_since(position) == []
    assert storage.events_since(-1, limit=0) == []
    with pytest.raises(InvalidData):
        storage.events_since(0, limit=-1)


@pytest.mark.generated
def test_text_comes_back_as_it_was_given(storage: Storage) -> None:
    for text in [*HOSTILE, "x" * 999, "\N{SNOWMAN}" * 333]:
        name, comment = text[:50], text * (MAX_COMMENT // len(text.encode()))
        created = HostCreated(name, name, comment, (text, "b"), (text, "b"))
        events: list[HostEvent] = [
            IpAddressChanged(text, f"{name}2"),
            HostnameChanged(text, f"{name}2"),
            CommentUpdated(text, comment[1:]),
            TagsModified((text,), (f"{text}2",)),
            AliasesModified((text,), (f"{text}2",)),
        ]
        stored = storage.append_events(
            name, [EventEnvelope(created, event_id=name, created_by=text), *events]
        )
        assert (stored[0].event_id, stored[0].created_by) == (name, text)
        assert [envelope.event for envelope in stored] == [created, *events]
        assert storage.load_events(name) == stored
        entry = storage.get_by_id(name)
        assert (entry.id, entry.ip_address, entry.hostname) == (name, f"{name}2", f"{name}2")
        assert (entry.comment, entry.tags, entry.aliases) == (comment[1:], (f"{text}2",), (f"{text}2",))
        gone = HostDeleted(f"{name}2", f"{name}2", text)
        last = storage.append_event(name, gone, entry.event_version)
        assert (last.event, storage.load_events(name)[-1]) == (gone, last)


@pytest.mark.parametrize("bad", BAD, ids=repr)
def test_text_that_cannot_be_stored_is_refused_everywhere(storage: Storage, bad: str) -> None:
    ok = "10.0.0.1"
    events: list[HostEvent] = [
        *(HostCreated(bad, ok), HostCreated(ok, bad), HostCreated(ok, ok, bad)),
        *(HostCreated(ok, ok, None, (bad,)), HostCreated(ok, ok, None, (), (bad,))),
        *(
            IpAddressChanged(bad, ok),
            IpAddressChanged(ok, bad),
            HostnameChanged(bad, ok),
            HostnameChanged(ok, bad),
        ),
        *(
            CommentUpdated(bad, ok),
            CommentUpdated(ok, bad),
            TagsModified((bad,), ()),
            TagsModified((), (bad,)),
        ),
        *(
            AliasesModified((bad,), ()),
            AliasesModified((), (bad,)),
            HostDeleted(bad, ok),
            HostDeleted(ok, bad),
        ),
        HostDeleted(ok, ok, bad),
    ]
    for event in events:
        with pytest.raises(InvalidData):
            storage.append_event("H1", event)
    for envelope in (EventEnvelope(created(), event_id=bad), EventEnvelope(created(), created_by=bad)):
        with pytest.raises(InvalidData):
            storage.append_event("H1", envelope)
    with pytest.raises(InvalidData):
        storage.append_event(bad, created())
    with pytest.raises(InvalidData):
        storage.append_event("H1", CommentUpdated(None, "x"), bad)
    assert whole_log(storage) == []


@pytest.mark.parametrize("bad", BAD, ids=repr)
def test_text_that_cannot_be_stored_is_not_looked_for(storage: Storage, bad: str) -> None:
    for look in (storage.load_events, storage.get_current_version, storage.count_events, storage.get_by_id):
        with pytest.raises(InvalidData):
            look(bad)
    for ip, name in ((bad, "a"), ("a", bad)):
        with pytest.raises(InvalidData):
            storage.find_by_ip_and_hostname(ip, name)
    for by_id in (storage.get_snapshot, storage.delete_snapshot, storage.restore_snapshot):
        with pytest.raises(InvalidData):
            by_id(bad)


NO_EVENTS: list = [
    *(HostCreated("", "a"), HostCreated("a", ""), HostCreated("a", None), HostCreated("a", "a", None, ("",))),  # type: ignore[arg-type]
    *(IpAddressChanged("a", ""), HostnameChanged("a", ""), HostDeleted("", "a"), HostDeleted("a", "")),
    *(TagsModified((), ("",)), TagsModified((), "tags"), AliasesModified((), ("",))),  # type: ignore[arg-type]
    *("HostCreated", None),
]


def test_what_is_no_event_is_refused(storage: Storage) -> None:
    for event in NO_EVENTS:
        with pytest.raises((InvalidData, TypeError)):
            storage.append_event("H1", event)
    assert whole_log(storage) == []


def test_empty_ids_and_moments_without_a_zone_are_refused(storage: Storage) -> None:
    with pytest.raises(InvalidData):
        storage.append_event("", created())
    with pytest.raises(InvalidData):
        storage.append_event("H1", EventEnvelope(created(), event_id=""))
    naive = PAST.replace(tzinfo=None)
    for envelope in (
        EventEnvelope(created(), created_at=naive),
        EventEnvelope(created(), event_timestamp=naive),
    ):
        with pytest.raises(InvalidData):
            storage.append_event("H1", envelope)
    far = datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))  # no such year in UTC
    with pytest.raises(InvalidData):
        storage.append_event("H1", EventEnvelope(created(), created_at=far))
    assert whole_log(storage) == []
