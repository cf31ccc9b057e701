"""The projection: the current state in its order, found by what it has, and as it was at any moment."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hostsdb import (
    CommentUpdated,
    EventEnvelope,
    HostCreated,
    HostDeleted,
    HostEntry,
    HostEvent,
    HostFilter,
    HostnameChanged,
    InvalidData,
    IpAddressChanged,
    NotFound,
    Storage,
    TagsModified,
)
from hostsdb.names import canonical_hostname
from hostsdb.operations import projection
from tests.conformance.calling import Open
from tests.conformance.factories import Databases
from tests.conformance.samples import FUTURE, PAST, created, new_host, pairs
from tests.support.examples import examples

DAY = timedelta(days=1)
# Letters whose upper, lower and folded forms differ in length or in number, and what LIKE and JSON take as special.
LETTERS = "aAkK\u212assSß\u1e9eiIİı\u0131\u0130ſéÉe\u0301Σσςǅǆﬁﬃŉΐ\u03b9\u0399\u1f80%_\\\"*?[]. \n\x01'[]{}\U00010400"
letters = st.text(st.sampled_from(LETTERS), min_size=1, max_size=4)
any_text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=4)
names = letters | any_text


def test_all_hosts_by_pages_are_those_of_the_list(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "_PAGE", 2)
    assert storage.map_all(str) == []
    for number in range(5):
        storage.add_host(f"10.0.0.{number}", f"host{number}.lan", tags=["lan"], aliases=[f"h{number}"])
    by_id = sorted(storage.list_all(), key=lambda entry: entry.id)
    assert storage.map_all(lambda entry: entry) == by_id
    with pytest.raises(ZeroDivisionError):
        storage.map_all(lambda entry: 1 / 0)
    assert storage.map_all(lambda entry: entry.id) == [entry.id for entry in by_id]
    last = storage.log_end()
    assert storage.map_all(lambda entry: entry.hostname, read_after=last) == [e.hostname for e in by_id]


def test_every_order_is_byte_by_byte(storage: Storage) -> None:
    texts = [
        "10.0.0.1",
        "10.0.0.10",
        "10.0.0.2",
        "9",
        "A",
        "Z",
        "_",
        "a",
        "a b",
        "a-b",
        "ab",
        "b",
        "é",
        "\uffff",
        "\U0001f600",
    ]
    batch = [
        (f"{ip}/{name}", [HostCreated(ip, name)], None) for ip in reversed(texts) for name in reversed(texts)
    ]
    storage.append_batch(batch)
    in_bytes = sorted(
        ((ip, name) for ip in texts for name in texts), key=lambda p: (p[0].encode(), p[1].encode())
    )
    assert pairs(storage.list_all()) == in_bytes
    assert pairs(storage.search(HostFilter())) == in_bytes
    assert pairs(storage.get_at_time(FUTURE)) == in_bytes


def test_a_host_is_found_by_its_id_and_by_its_pair(storage: Storage) -> None:
    assert storage.list_all() == []
    host = new_host(storage, comment="x", tags=["t"], aliases=["alias"])
    assert storage.get_by_id(host.id) == host
    assert storage.find_by_ip_and_hostname("10.0.0.1", "host1.lan") == host
    for ip, name in (
        ("10.0.0.1", "host2.lan"),
        ("10.0.0.2", "host1.lan"),
        ("", ""),
    ):
        assert storage.find_by_ip_and_hostname(ip, name) is None
    storage.delete_host(host.id)
    assert storage.find_by_ip_and_hostname("10.0.0.1", "host1.lan") is None
    for missing in (host.id, "no such id", ""):
        with pytest.raises(NotFound) as caught:
            storage.get_by_id(missing)
        assert (caught.value.kind, caught.value.id) == ("host", missing)


def test_a_cleared_comment_is_none_everywhere(storage: Storage) -> None:
    for number, clear in enumerate((None, ""), 1):
        host = new_host(storage, number, comment="x")
        cleared = storage.append_event(host.id, CommentUpdated("x", clear), host.event_version)
        assert cleared.event == storage.load_events(host.id)[-1].event == CommentUpdated("x", None)
        assert storage.get_by_id(host.id).comment is None
    empty = storage.append_event("H3", HostCreated("10.0.0.3", "host3.lan", ""))
    assert empty.event == storage.load_events("H3")[0].event == created(3)
    assert [entry.comment for entry in storage.list_all()] == [None] * 3
    assert [entry.comment for entry in storage.search(HostFilter())] == [None] * 3
    assert [entry.comment for entry in storage.get_at_time(FUTURE)] == [None] * 3


def test_an_event_changes_what_it_is_about_and_no_more(storage: Storage) -> None:
    first = storage.append_event("H1", HostCreated("10.0.0.1", "a.lan", "c", ("t",), ("b.lan",)))
    changes: list[tuple[HostEvent, dict]] = [
        (IpAddressChanged(None, "10.0.0.2"), {"ip_address": "10.0.0.2"}),
        (HostnameChanged(None, "n.lan"), {"hostname": "n.lan"}),
        (CommentUpdated(None, "d"), {"comment": "d"}),
        (TagsModified((), ()), {"tags": ()}),
    ]
    version, before = first.event_version, storage.get_by_id("H1")
    assert (before.created_at, before.updated_at) == (first.event_timestamp, first.created_at)
    for event, change in changes:
        stored = storage.append_event("H1", event, version)
        version = stored.event_version
        after = storage.get_by_id("H1")
        fields = {name: getattr(before, name) for name in before.__slots__}
        fields |= change | {"updated_at": stored.created_at, "event_version": version}
        assert {name: getattr(after, name) for name in after.__slots__} == fields
        before = after


def test_a_search_takes_its_patterns_literally(storage: Storage) -> None:
    for number, name in enumerate(["a%b", "a_b", "a\\b", "axb", 'a"b', "a*b"], 1):
        storage.append_event(name, HostCreated(f"10.0.0.{number}", name, None, (), (f"x{name}",)))
    for special in '%_\\x"*':
        found = storage.search(HostFilter(hostname_pattern=f"A{special}b"))
        assert [entry.id for entry in found] == [f"a{special}b"]
    assert storage.search(HostFilter(hostname_pattern="%")) == storage.search(
        HostFilter(hostname_pattern="a%")
    )
    assert [entry.ip_address for entry in storage.search(HostFilter(ip_pattern="0.0.3"))] == ["10.0.0.3"]
    assert storage.search(HostFilter(ip_pattern="10_0")) == []
    assert storage.search(HostFilter(ip_pattern="%")) == []
    assert storage.search(HostFilter(hostname_pattern="b x")) == []  # nothing spans two names
    assert storage.search(HostFilter(hostname_pattern='",')) == []


def test_a_search_ignores_case_and_looks_in_aliases(storage: Storage) -> None:
    for number, name in enumerate(["STRASSE", "straße", "İzmir", "\u212aelvin", "ΣΊΣΥΦΟΣ"], 1):
        storage.append_event(str(number), HostCreated(f"10.0.0.{number}", name))
        storage.append_event(f"{number}a", HostCreated(f"10.0.1.{number}", "x", None, (), ("other", name)))
    for pattern, number in (("Straße", 1), ("strasse", 2), ("i\u0307ZMIR", 3), ("kelvin", 4), ("σίσυφος", 5)):
        found = {entry.id for entry in storage.search(HostFilter(hostname_pattern=pattern))}
        assert {str(number), f"{number}a"} <= found
        assert len(found) == (4 if number < 3 else 2)


def test_a_search_wants_every_tag_whole(storage: Storage) -> None:
    for number, tags in enumerate([("web", "prod"), ("webserver",), ("web",), (), ("we\\b", 'x"y', "İ")], 1):
        new_host(storage, number, tags=tags)

    def found(*tags: str) -> list[str]:
        return [entry.ip_address[-1] for entry in storage.search(HostFilter(tags=tags))]

    assert (found(), found("web"), found("web", "prod"), found("prod", "web")) == (
        list("12345"),
        ["1", "3"],
        ["1"],
        ["1"],
    )
    assert (found("we"), found("WEB"), found("web", "no"), found("")) == ([], [], [], [])
    assert (found("we\\b"), found('x"y', "İ"), found("web", "web")) == (["5"], ["5"], ["1", "3"])
    both = storage.search(HostFilter(ip_pattern="10.0", hostname_pattern="HOST1", tags=("web",)))
    assert pairs(both) == [("10.0.0.1", "host1.lan")]
    with pytest.raises(TypeError):
        storage.search(HostFilter(tags="web"))  # type: ignore[arg-type]
    for filter in (
        HostFilter("\0"),
        HostFilter(hostname_pattern="\0"),
        HostFilter(hostname="\0"),
        HostFilter(tags=("\ud800",)),
        HostFilter(ip_prefix="\0"),
    ):
        with pytest.raises(InvalidData):
            storage.search(filter)


def test_a_search_omits_the_hosts_with_a_tag(storage: Storage) -> None:
    kinds = [("web", "prod"), ("webserver",), ("web,", "prod"), (), ("we\\b", 'x"web"', "İ"), ("a", "b")]
    for number, tags in enumerate(kinds, 1):
        new_host(storage, number, tags=tags)

    def found(*without: str, tags: tuple[str, ...] = ()) -> str:
        entries = storage.search(HostFilter(tags=tags, without_tags=without))
        return "".join(entry.ip_address[-1] for entry in entries)

    assert (found(), found("web"), found("prod"), found("web", "b")) == ("123456", "23456", "2456", "2345")
    assert (found("we\\b"), found('x"web"'), found("İ"), found("WEB")) == (
        "12346",
        "12346",
        "12346",
        "123456",
    )
    assert (found(","), found("web,"), found("]"), found("web", tags=("prod",))) == (
        "123456",
        "12456",
        "123456",
        "3",
    )
    with pytest.raises(TypeError):
        storage.search(HostFilter(without_tags="web"))  # type: ignore[arg-type]


hosts = st.builds(
    lambda ip, name, tags, aliases: HostCreated(ip, name, None, tuple(tags), tuple(aliases)),
    st.sampled_from(["10.0.0.1", "10.0.0.11", "::1", "%"]) | names,
    names,
    st.lists(letters, max_size=2),
    st.lists(names, max_size=2),
)
filters = st.builds(
    HostFilter,
    ip_pattern=st.none() | st.sampled_from(["", "0", "0.1", ":"]) | letters,
    ip_prefix=st.none() | st.sampled_from(["", "1", "10.0.0.1", "10.0.0.12", ":", "%"]) | letters,
    hostname_pattern=st.none() | names,
    hostname=st.none() | names,
    tags=st.none() | st.lists(letters, max_size=1).map(tuple),
    without_tags=st.none() | st.lists(letters, max_size=1).map(tuple),
)


def canonical(name: str) -> str:
    """A name as add_host stores it; a name that it refuses, as it is."""
    try:
        return canonical_hostname(name)
    except InvalidData:
        return name


@examples(few=6, all=25)
def test_a_search_finds_what_plain_python_finds(databases: Databases, opened: Open, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        events=st.lists(hosts, max_size=12, unique_by=lambda e: (e.ip_address, e.hostname)),
        wanted=st.lists(filters, max_size=6),
        limit=st.integers(1, 4),
    )
    def check(events: list[HostCreated], wanted: list[HostFilter], limit: int) -> None:
        with databases() as url, opened(url, initialize=False) as storage:
            finds(storage, events, wanted, limit)

    check()


def finds(storage: Storage, events: list[HostCreated], wanted: list[HostFilter], limit: int) -> None:
    storage.append_batch([(str(number), [event], None) for number, event in enumerate(events)])
    entries = storage.list_all()
    for filter in wanted:
        ip, name, tags = (
            filter.ip_pattern or "",
            (filter.hostname_pattern or "").casefold(),
            filter.tags or (),
        )
        found = storage.search(filter)
        assert found == [
            entry
            for entry in entries
            if ip in entry.ip_address
            and entry.ip_address.startswith(filter.ip_prefix or "")
            and any(name in text.casefold() for text in (entry.hostname, *entry.aliases))
            and set(tags) <= set(entry.tags)
            and not set(filter.without_tags or ()) & set(entry.tags)
            and (
                not filter.hostname
                or canonical(filter.hostname) in map(canonical, (entry.hostname, *entry.aliases))
            )
        ]
        assert storage.count(filter) == len(found)
        assert in_pages(storage, filter, limit) == found
    assert storage.count() == len(entries)


def in_pages(storage: Storage, filter: HostFilter, limit: int) -> list[HostEntry]:
    """All hosts that match, read page by page."""
    found: list[HostEntry] = []
    while page := storage.search(filter, limit, found[-1] if found else None):
        assert len(page) <= limit
        found += page
    return found


def test_a_page_begins_after_the_last_host_of_the_page_before(storage: Storage) -> None:
    for number in range(1, 8):
        new_host(storage, number, tags=["even"] if number % 2 == 0 else [])
    first = storage.search(HostFilter(), 3)
    assert [entry.ip_address[-1] for entry in first] == ["1", "2", "3"]
    storage.delete_host(first[0].id)
    storage.delete_host(first[-1].id)
    storage.add_host("10.0.0.0", "before.lan")
    second = storage.search(HostFilter(), limit=3, after=first[-1])
    assert [entry.ip_address[-1] for entry in second] == ["4", "5", "6"]
    assert pairs(storage.search(HostFilter(), after=second[-1])) == [("10.0.0.7", "host7.lan")]
    even = storage.search(HostFilter(tags=("even",)), 2)
    assert [entry.ip_address[-1] for entry in even] == ["2", "4"]
    assert [e.ip_address[-1] for e in storage.search(HostFilter(tags=("even",)), 2, even[-1])] == ["6"]
    assert storage.search(HostFilter(ip_prefix="10.0.0.5"), 5, after=second[-1]) == []
    assert storage.search(HostFilter(), 0) == []
    assert (storage.count(), storage.count(HostFilter(tags=("even",)))) == (6, 3)
    with pytest.raises(InvalidData, match="limit must not be negative"):
        storage.search(HostFilter(), -1)


def test_a_host_is_found_by_any_written_form_of_its_name_and_address(storage: Storage) -> None:
    host = storage.add_host("2001:DB8::0:1", "BÜCHER.lan.", aliases=["Bücherei.lan"])
    for name in ("bücher.lan", "BÜCHER.lan.", "XN--BCHER-KVA.lan", "BÜCHEREI.lan"):
        assert storage.search(HostFilter(hostname=name)) == [host]
    for ip in ("2001:db8::1", "2001:0DB8:0::0:1"):
        assert storage.find_by_ip_and_hostname(ip, "BÜCHER.lan.") == host
    assert storage.find_by_ip_and_hostname("2001:db8::1", "bücherei.lan") is None
    assert storage.search(HostFilter(hostname="bücher")) == storage.search(HostFilter(hostname="lan")) == []
    storage.append_event("raw", HostCreated("10.0.0.01", "NAS.lan", None, (), ("DISKS.lan.",)))
    for name in ("nas.LAN", "disks.lan"):
        assert [entry.id for entry in storage.search(HostFilter(hostname=name))] == ["raw"]
    raw = storage.find_by_ip_and_hostname("10.0.0.01", "NAS.lan")
    assert raw is not None and raw.id == "raw"


def test_the_state_at_a_moment_is_what_had_happened_by_then(storage: Storage) -> None:
    def at(days: int, event: object) -> EventEnvelope:
        return EventEnvelope(event, created_at=PAST + days * DAY)  # type: ignore[arg-type]

    storage.append_events(
        "H1",
        [
            at(0, HostCreated("10.0.0.1", "a.lan", "c", ("t",), ("b.lan",))),
            at(2, IpAddressChanged("10.0.0.1", "10.0.0.2")),
            at(4, CommentUpdated("c", None)),
            at(6, HostDeleted("10.0.0.2", "a.lan")),
        ],
    )
    storage.append_event("H2", at(8, HostCreated("10.0.0.2", "a.lan")))
    step = timedelta(microseconds=1)
    assert storage.get_at_time(datetime.min.replace(tzinfo=UTC)) == storage.get_at_time(PAST - step) == []
    (first,) = storage.get_at_time(PAST)
    assert (first.ip_address, first.comment, first.tags, first.aliases) == (
        "10.0.0.1",
        "c",
        ("t",),
        ("b.lan",),
    )
    assert first.created_at == first.updated_at == PAST
    assert storage.get_at_time(PAST + 2 * DAY - step) == [first]
    (second,) = storage.get_at_time((PAST + 2 * DAY).astimezone(timezone(timedelta(hours=-9))))
    assert (second.ip_address, second.comment, second.created_at, second.updated_at) == (
        *("10.0.0.2", "c", PAST),
        PAST + 2 * DAY,
    )
    (third,) = storage.get_at_time(PAST + 5 * DAY)
    assert (third.ip_address, third.comment) == ("10.0.0.2", None)
    assert storage.get_at_time(PAST + 6 * DAY) == storage.get_at_time(PAST + 8 * DAY - step) == []
    assert (
        storage.get_at_time(PAST + 8 * DAY)
        == storage.list_all()
        == storage.get_at_time(datetime.max.replace(tzinfo=UTC))
    )


def test_a_moment_without_a_zone_is_refused(storage: Storage) -> None:
    for moment in (
        datetime(2020, 1, 1),  # noqa: DTZ001
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))),
    ):
        with pytest.raises(InvalidData):
            storage.get_at_time(moment)


def test_moments_keep_their_microseconds_and_come_back_in_utc(storage: Storage) -> None:
    for number, micro in enumerate([0, 1, 999_999, 500_000, 100], 1):
        moment = PAST.replace(microsecond=micro)
        storage.append_event(
            f"H{number}", EventEnvelope(created(number), created_at=moment, event_timestamp=moment - DAY)
        )
        entry = storage.get_by_id(f"H{number}")
        assert (entry.created_at, entry.updated_at) == (moment - DAY, moment)
        assert entry.created_at.tzinfo is entry.updated_at.tzinfo is UTC


@pytest.mark.parametrize(
    "prefix", ["", "\ud7ff", "\U0010ffff", "a\U0010ffff", "\U0010ffff\U0010ffff", "\x7f"]
)
def test_a_prefix_finds_every_address_that_begins_with_it(storage: Storage, prefix: str) -> None:
    ends = ["", "a", "\ud7ff", "\ue000", "\U0010ffff", "\U0010ffff\U0010ffff"]
    addresses = sorted({prefix + end for end in ends} - {""})
    others = {"9", "b", "\U0010fffe", "\ue000"} - set(addresses)
    storage.append_batch(
        [(f"H{n}", [HostCreated(a, "n")], None) for n, a in enumerate([*addresses, *others])]
    )
    found = [e.ip_address for e in storage.search(HostFilter(ip_prefix=prefix))]
    assert found == sorted([a for a in [*addresses, *others] if a.startswith(prefix)])


def test_a_tag_is_found_in_every_form_of_json(storage: Storage) -> None:
    tags = ("caf\u00e9", 'a"b', "back\\slash", "tab\t", "a,b", "x")
    host = new_host(storage, 1, tags=tags)
    new_host(storage, 2, tags=["y", "caf"])
    for tag in tags:
        assert storage.search(HostFilter(tags=(tag,))) == [host]
    assert storage.search(HostFilter(tags=tags)) == [host]
    assert storage.search(HostFilter(tags=("x", "y"))) == []
