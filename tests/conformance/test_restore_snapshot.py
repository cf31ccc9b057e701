"""Restoring a snapshot: the state it shows, by the smallest set of events, and a way back."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hostsdb import DuplicateEntry, HostEntry, HostFilter, InvalidData, Snapshot, Storage
from tests.conformance.calling import Open
from tests.conformance.factories import Databases
from tests.conformance.samples import FUTURE, in_log_order, new_host, pairs, whole_log
from tests.support.examples import examples


def shown(storage: Storage) -> list[tuple]:
    """What a snapshot promises to bring back: all but ids, versions and moments."""
    return list(map(shown_of, storage.list_all()))


def shown_of(entry: HostEntry) -> tuple:
    return entry.ip_address, entry.hostname, entry.comment, entry.tags, entry.aliases


def snapped(storage: Storage) -> str:
    snapshot_id = storage.create_snapshot().snapshot_id
    assert snapshot_id is not None
    return snapshot_id


def test_restoring_what_is_there_appends_nothing(storage: Storage) -> None:
    for number in (1, 2, 3):
        new_host(storage, number, tags=["t"], comment="c", aliases=["x"])
    snapshot, before, log = snapped(storage), storage.list_all(), whole_log(storage)
    assert storage.restore_snapshot(snapshot) == []
    assert (storage.list_all(), whole_log(storage)) == (before, log)


def test_only_what_has_changed_is_changed_back(storage: Storage) -> None:
    kept, changed, deleted = (new_host(storage, number, tags=["t"], comment="c") for number in (1, 2, 3))
    snapshot, wanted = snapped(storage), shown(storage)
    storage.update_host(changed.id, comment=None, tags=["other"])
    storage.delete_host(deleted.id)
    added = new_host(storage, 4)
    log = whole_log(storage)
    appended = storage.restore_snapshot(snapshot, created_by="me")
    assert shown(storage) == wanted
    assert whole_log(storage) == log + in_log_order(appended)
    assert len(appended) == 4  # comment, tags, a deletion, a creation
    assert {envelope.created_by for envelope in appended} == {"me"}
    by_id = {entry.id: entry for entry in storage.list_all()}
    assert by_id[kept.id] == kept
    assert (by_id[changed.id].comment, by_id[changed.id].tags) == ("c", ("t",))
    assert added.id not in by_id and deleted.id not in by_id


def test_a_moved_host_moves_back_and_stays_the_same_host(storage: Storage) -> None:
    host = new_host(storage, 1, tags=["t"])
    snapshot = snapped(storage)
    storage.update_host(host.id, ip_address="10.0.0.9", hostname="moved.lan")
    new_host(storage, 1)  # another one in its place
    appended = storage.restore_snapshot(snapshot)
    (entry,) = storage.list_all()
    assert (entry.id, pairs([entry]), entry.tags) == (host.id, [("10.0.0.1", "host1.lan")], ("t",))
    assert len(appended) == 3


@pytest.mark.parametrize("way_is_free", [True, False])
def test_a_host_moves_back_past_taken_places(storage: Storage, way_is_free: bool) -> None:
    host = storage.add_host("10.0.0.2", "b")
    storage.add_host("10.0.0.2", "a")  # in the way of a host that changes its address first
    if not way_is_free:
        storage.add_host("10.0.0.1", "b")  # in the way of a host that changes its hostname first
    snapshot, wanted = snapped(storage), shown(storage)
    storage.update_host(host.id, ip_address="10.0.0.1", hostname="c")
    storage.update_host(host.id, hostname="a")
    appended = storage.restore_snapshot(snapshot)
    assert shown(storage) == wanted and len(appended) == 2
    assert (host.id in {entry.id for entry in storage.list_all()}) == way_is_free


@pytest.mark.parametrize("size", [2, 3])
def test_hosts_in_each_others_places_go_back(storage: Storage, size: int) -> None:
    ring = [storage.add_host(f"10.0.0.{n}", "a", tags=[f"t{n}"], comment=f"c{n}") for n in range(size)]
    bystander = new_host(storage, 99)
    snapshot, wanted = snapped(storage), shown(storage)
    storage.update_host(ring[0].id, ip_address="10.9.9.9")
    for n in range(1, size):
        storage.update_host(ring[n].id, ip_address=f"10.0.0.{n - 1}")
    storage.update_host(ring[0].id, ip_address=f"10.0.0.{size - 1}")
    assert shown(storage) != wanted
    appended = storage.restore_snapshot(snapshot)
    assert shown(storage) == wanted
    assert storage.get_by_id(bystander.id) == bystander
    kept = {entry.id for entry in storage.list_all()} & {entry.id for entry in ring}
    assert len(kept) >= size - 1
    assert len(appended) <= size + 1


def test_a_snapshot_that_is_only_a_text_is_restored(storage: Storage) -> None:
    kept = new_host(storage, 1, tags=["kept"], comment="c")
    changed = new_host(storage, 2, tags=["kept too"])
    new_host(storage, 3)
    content = "10.0.0.1 host1.lan # c\n\n# a comment\n10.0.0.2\tHOST2.lan alias # new\n10.0.0.2 host2.lan\n::5 new\n"
    storage.save_snapshot(Snapshot(content, 3, "S1"))
    storage.restore_snapshot("S1")
    assert shown(storage) == [
        ("10.0.0.1", "host1.lan", "c", ("kept",), ()),
        ("10.0.0.2", "host2.lan", "new", ("kept too",), ("alias",)),
        ("::5", "new", None, (), ()),
    ]
    assert storage.get_by_id(kept.id) == kept
    assert storage.find_by_ip_and_hostname("10.0.0.2", "host2.lan").id == changed.id  # type: ignore[union-attr]
    assert storage.restore_snapshot("S1") == []


def test_a_text_that_is_no_hosts_file_changes_nothing(storage: Storage) -> None:
    host = new_host(storage)
    storage.save_snapshot(Snapshot("10.0.0.1 a\nnonsense\n", 1, "S1"))
    with pytest.raises(InvalidData, match="line 2"):
        storage.restore_snapshot("S1")
    assert storage.list_all() == [host]
    assert [snapshot.snapshot_id for snapshot in storage.list_snapshots()] == ["S1"]


def test_a_restore_can_be_undone_by_the_snapshot_it_took_first(storage: Storage) -> None:
    new_host(storage, 1, tags=["a"])
    target = snapped(storage)
    new_host(storage, 2, tags=["b"], comment="c")
    before, position = shown(storage), whole_log(storage)[-1].position
    storage.restore_snapshot(target)
    (way_back,) = (s for s in storage.list_snapshots() if s.trigger == "pre-rollback")
    assert (way_back.entry_count, way_back.event_log_position) == (2, position)
    storage.restore_snapshot(way_back.snapshot_id)
    assert shown(storage) == before


names = st.sampled_from(["a", "b", "c"])
addresses = st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3"])
fields = {
    "comment": st.sampled_from([None, "x", "y # z"]),
    "tags": st.lists(st.sampled_from(["t", "u v"]), max_size=2, unique=True),
    "aliases": st.lists(names, max_size=2),
}
hosts = st.fixed_dictionaries({"ip_address": addresses, "hostname": names}, optional=fields)
updates = st.fixed_dictionaries({}, optional={"ip_address": addresses, "hostname": names, **fields})
steps: st.SearchStrategy[tuple[str, dict]] = st.one_of(
    st.tuples(st.just("add"), hosts),
    st.tuples(st.just("update"), updates),
    st.tuples(st.just("update"), updates),
    st.tuples(st.sampled_from(["delete", "snapshot", "restore"]), st.just({})),
)


@examples(few=5, all=25)
def test_any_history_goes_back_to_any_of_its_snapshots(
    databases: Databases, opened: Open, examples: int
) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(history=st.lists(st.tuples(steps, st.integers(0, 99)), min_size=5, max_size=30))
    def check(history: list[tuple[tuple[str, dict], int]]) -> None:
        with databases() as url, opened(url, initialize=False) as storage:
            goes_back(storage, history)

    check()


def goes_back(storage: Storage, history: list[tuple[tuple[str, dict], int]]) -> None:
    taken = [(snapped(storage), shown(storage))]
    for (kind, arguments), choice in history:
        if kind == "snapshot":
            taken.append((snapped(storage), shown(storage)))
        elif kind == "restore":
            restored(storage, *taken[choice % len(taken)])
        else:
            change(storage, kind, arguments, choice)
    for snapshot, wanted in taken:
        restored(storage, snapshot, wanted)
    assert storage.search(HostFilter()) == storage.list_all()


def change(storage: Storage, kind: str, arguments: dict, choice: int) -> None:
    entries: list[HostEntry] = storage.list_all()
    try:
        if kind == "add":
            storage.add_host(**arguments)
        elif entries and kind == "update":
            storage.update_host(entries[choice % len(entries)].id, **arguments)
        elif entries:
            storage.delete_host(entries[choice % len(entries)].id)
    except DuplicateEntry:
        assert storage.list_all() == entries


def restored(storage: Storage, snapshot: str, wanted: list[tuple]) -> None:
    before = {entry.id: entry for entry in storage.list_all()}
    storage.restore_snapshot(snapshot)
    assert shown(storage) == wanted
    for entry in storage.list_all():  # what shows the same is the same
        old = before.get(entry.id)
        if old is not None and shown_of(old) == shown_of(entry):
            assert old == entry
    assert storage.restore_snapshot(snapshot) == []
    assert storage.get_at_time(FUTURE) == storage.list_all()
