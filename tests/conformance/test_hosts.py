"""Hosts as people think of them: added in canonical form, changed by what is new, deleted with their history kept."""

import pytest

from hostsdb import (
    AliasesModified,
    CommentUpdated,
    ConcurrentWriteConflict,
    DuplicateEntry,
    HostCreated,
    HostDeleted,
    HostFilter,
    HostnameChanged,
    InvalidData,
    IpAddressChanged,
    NewHost,
    NotFound,
    Storage,
    TagsModified,
)
from tests.conformance.samples import BAD, HOSTILE, LATE, new_host


def test_a_host_is_added_in_canonical_form(storage: Storage) -> None:
    host = storage.add_host(
        "2001:DB8:0:0::1",
        "NAS.Lan.",
        aliases=["Nas", "bücher.lan", "nas.lan", "NAS"],
        comment="disks: 4",
        tags=["b", "a", "b"],
        created_by="me",
    )
    assert (host.ip_address, host.hostname) == ("2001:db8::1", "nas.lan")
    assert host.aliases == ("nas", "xn--bcher-kva.lan")
    assert (host.comment, host.tags) == ("disks: 4", ("b", "a"))
    assert storage.list_all() == [host]
    (stored,) = storage.load_events(host.id)
    assert stored.event == HostCreated(
        "2001:db8::1", "nas.lan", "disks: 4", ("b", "a"), ("nas", "xn--bcher-kva.lan")
    )
    assert stored.created_by == "me"
    assert (stored.event_version, stored.created_at) == (host.event_version, host.updated_at)


def test_a_host_needs_no_more_than_a_pair(storage: Storage) -> None:
    host = storage.add_host("10.0.0.1", "a", comment="")
    assert (host.comment, host.tags, host.aliases) == (None, (), ())
    assert storage.get_by_id(host.id) == host


def test_a_change_from_the_longest_values_is_stored(storage: Storage) -> None:
    comment, tags = '"' * 65_536, [f"{n:02}" + "x" * 990 for n in range(65)]
    host = new_host(storage, comment=comment, tags=tags)
    changed = storage.update_host(host.id, comment="short", tags=())
    assert (changed.comment, changed.tags) == ("short", ())
    assert storage.load_events(host.id)[0].event == HostCreated(
        host.ip_address, host.hostname, comment, tuple(tags)
    )


def test_comments_and_tags_are_any_text(storage: Storage) -> None:
    for text in HOSTILE:
        host = storage.add_host("10.0.0.1", "a", comment=text, tags=[text, "b"], created_by=text)
        assert (host.comment, host.tags) == (text, (text, "b"))
        assert storage.get_by_id(host.id) == host
        changed = storage.update_host(host.id, comment=f"{text}2", tags=[f"{text}2"])
        assert (changed.comment, changed.tags) == (f"{text}2", (f"{text}2",))
        storage.delete_host(host.id, reason=text)
        assert storage.load_events(host.id)[-1].event == HostDeleted("10.0.0.1", "a", text)


NO_HOSTS: list[dict] = [
    *({"ip_address": ip} for ip in ("", "10.0.0.256", "010.0.0.1", "localhost", None)),
    *({"hostname": name} for name in ("", "-a", "a..b", "a b", "1.2.3.4", "a" * 64, None)),
    *({"aliases": aliases} for aliases in ([""], ["a b"], "alias", [None])),
    *({"tags": tags} for tags in ([""], "tag", [None])),
    *({field: bad} for field in ("ip_address", "hostname", "comment") for bad in BAD),
    *({field: [bad]} for field in ("aliases", "tags") for bad in BAD),
]


def test_what_is_no_host_is_refused(storage: Storage) -> None:
    host = new_host(storage)
    for fields in NO_HOSTS:
        with pytest.raises((InvalidData, TypeError)):
            storage.add_host(**{"ip_address": "10.0.0.2", "hostname": "a", **fields})
        with pytest.raises((InvalidData, TypeError)):
            storage.update_host(host.id, **fields)
    for bad in BAD:
        with pytest.raises(InvalidData):
            storage.add_host("10.0.0.2", "a", created_by=bad)
        with pytest.raises(InvalidData):
            storage.update_host(host.id, comment="x", created_by=bad)
        with pytest.raises(InvalidData):
            storage.delete_host(host.id, reason=bad)
    assert storage.list_all() == [host]
    assert storage.count_events(host.id) == 1


def test_an_update_appends_one_event_for_each_change(storage: Storage) -> None:
    host = new_host(storage, comment="old", tags=["a"], aliases=["x"])
    changed = storage.update_host(
        host.id,
        ip_address="::FFFF",
        hostname="NEW.lan",
        aliases=["Y", "new.lan"],
        comment="new",
        tags=["b"],
        created_by="me",
    )
    assert (changed.ip_address, changed.hostname, changed.aliases) == ("::ffff", "new.lan", ("y",))
    assert (changed.comment, changed.tags) == ("new", ("b",))
    assert changed == storage.get_by_id(host.id)
    assert (changed.id, changed.created_at) == (host.id, host.created_at)
    appended = storage.load_events(host.id)[1:]
    assert {envelope.event for envelope in appended} == {
        IpAddressChanged("10.0.0.1", "::ffff"),
        HostnameChanged("host1.lan", "new.lan"),
        CommentUpdated("old", "new"),
        TagsModified(("a",), ("b",)),
        AliasesModified(("x",), ("y",)),
    }
    assert len(appended) == 5 and {envelope.created_by for envelope in appended} == {"me"}
    assert storage.load_events(host.id)[0].created_by is None


def test_an_update_to_what_is_there_appends_nothing(storage: Storage) -> None:
    host = new_host(storage, comment="c", tags=["a"], aliases=["x"])
    same = {
        "ip_address": "10.0.0.1",
        "hostname": "HOST1.lan.",
        "aliases": ("X", "x"),
        "comment": "c",
        "tags": ["a", "a"],
    }
    assert storage.update_host(host.id) == host
    assert storage.update_host(host.id, **same) == host  # type: ignore[arg-type]
    assert (
        storage.update_host(host.id, expected_version=host.event_version, comment="c", created_by="me")
        == host
    )
    assert storage.count_events(host.id) == 1


def test_an_update_clears_what_it_is_given_empty(storage: Storage) -> None:
    for number, nothing in enumerate((None, ""), 1):
        host = new_host(storage, number, comment="c", tags=["a"], aliases=["x"])
        changed = storage.update_host(host.id, comment=nothing, tags=[], aliases=())
        assert (changed.comment, changed.tags, changed.aliases) == (None, (), ())
        assert storage.update_host(host.id, comment=None, tags=(), aliases=[]) == changed
        assert storage.count_events(host.id) == 4


def test_an_update_of_another_version_is_a_conflict(storage: Storage) -> None:
    host = new_host(storage)
    changed = storage.update_host(host.id, expected_version=host.event_version, comment="x")
    for expected in (host.event_version, LATE):
        for change in ({"comment": "y"}, {"comment": "x"}, {}):
            with pytest.raises(ConcurrentWriteConflict) as caught:
                storage.update_host(host.id, expected_version=expected, **change)  # type: ignore[arg-type]
            assert (caught.value.aggregate_id, caught.value.expected_version) == (host.id, expected)
            assert caught.value.current_version == changed.event_version
        with pytest.raises(ConcurrentWriteConflict):
            storage.delete_host(host.id, expected_version=expected)
    assert storage.list_all() == [changed]


def test_a_deleted_host_keeps_its_history(storage: Storage) -> None:
    first, second, third = (new_host(storage, number) for number in (1, 2, 3))
    storage.delete_host(first.id, expected_version=first.event_version, reason="sold", created_by="me")
    storage.delete_host(second.id)
    assert storage.list_all() == [third]
    last = storage.load_events(first.id)[-1]
    assert (last.event, last.created_by) == (HostDeleted("10.0.0.1", "host1.lan", "sold"), "me")
    assert storage.load_events(second.id)[-1].event == HostDeleted("10.0.0.2", "host2.lan")
    assert storage.get_current_version(first.id) == last.event_version
    for missing in (first.id, "no such host"):
        with pytest.raises(NotFound):
            storage.delete_host(missing)
        with pytest.raises(NotFound):
            storage.update_host(missing, comment="x")
    assert storage.count_events(first.id) == 2


def test_many_hosts_are_added_as_one(storage: Storage) -> None:
    hosts = [
        NewHost(f"2001:DB8::0:{n}", f"BÜCHER{n}.lan", ("Alias", "alias"), "", ("t", "t"), n) for n in (1, 2)
    ]
    added = storage.add_hosts(iter(hosts), created_by="me")
    assert added == storage.list_all()
    assert [(e.ip_address, e.hostname) for e in added] == [
        ("2001:db8::1", "xn--bcher1-3ya.lan"),
        ("2001:db8::2", "xn--bcher2-3ya.lan"),
    ]
    assert all((e.aliases, e.comment, e.tags) == (("alias",), None, ("t",)) for e in added)
    assert [e.priority for e in added] == [1, 2]
    assert storage.load_events(added[0].id)[0].created_by == "me"
    assert storage.add_hosts([]) == []
    for bad, error in ((NewHost("10.0.0.256", "a"), InvalidData), (hosts[0], DuplicateEntry)):
        with pytest.raises(error):
            storage.add_hosts([NewHost("10.0.0.1", "a"), bad])
    with pytest.raises(DuplicateEntry):
        storage.add_hosts([NewHost("10.0.0.1", "a"), NewHost("10.0.0.1", "A.")])
    assert storage.list_all() == added


def test_every_host_is_changed_only_on_request(storage: Storage) -> None:
    host = new_host(storage)
    for nothing in (HostFilter(), HostFilter(hostname="", tags=())):
        with pytest.raises(InvalidData, match="all_hosts=True"):
            storage.update_hosts(nothing, comment="x")
    assert storage.list_all() == [host]
    assert len(storage.update_hosts(HostFilter(), comment="x", all_hosts=True)) == 1


def test_hosts_are_deleted_as_the_caller_has_read_them(storage: Storage) -> None:
    for number in (1, 2):
        storage.add_host(f"10.0.0.{number}", "a", tags=["t"])
    kept = storage.add_host("10.0.0.3", "kept")
    read = storage.search(HostFilter(tags=("t",)))
    changed = storage.update_host(read[1].id, comment="new")
    with pytest.raises(ConcurrentWriteConflict):
        storage.delete_hosts(read)
    assert len(storage.list_all()) == 3
    assert storage.delete_hosts([read[0], changed], reason="old", created_by="me") == [read[0], changed]
    assert storage.list_all() == [kept] and storage.delete_hosts([]) == []
    last = storage.load_events(changed.id)[-1]
    assert last.event == HostDeleted("10.0.0.2", "a", "old") and last.created_by == "me"
