"""Erasing a host: its events and its lines in snapshots are gone, and all else goes on."""

from __future__ import annotations

import time

import pytest

import hostsdb
from hostsdb import InvalidData, NotFound, Snapshot, Storage
from tests.conformance.samples import FUTURE, new_host, whole_log

MARKS = [f"marker{number}" for number in range(10)]


def live(storage: Storage) -> str:
    """Add and change a host so that each text of it has been in an event, and return its id."""
    host = storage.add_host(
        "10.1.2.3",
        f"{MARKS[0]}.lan",
        aliases=[f"{MARKS[1]}.lan"],
        comment=MARKS[2],
        tags=[MARKS[3]],
        created_by=MARKS[4],
    )
    storage.create_snapshot(name="of the log")
    storage.update_host(host.id, hostname=f"{MARKS[5]}.lan", comment=MARKS[6], aliases=[f"{MARKS[7]}.lan"])
    storage.update_host(host.id, tags=[MARKS[8]], ip_address="10.1.2.4")
    return host.id


def erased(storage: Storage) -> str:
    """Erase such a host, and return its id."""
    id = live(storage)
    lines = f"10.1.2.3\t{MARKS[0]}.lan\n10.0.0.1\tkept.lan\n# 10.1.2.4 {MARKS[5]}.lan\n"
    storage.save_snapshot(Snapshot(lines, 2, name="of a file"))
    storage.delete_host(id, reason=MARKS[9])
    assert storage.erase_host(id, reason="asked for", erased_by="me") == 7
    return id


def test_nothing_of_the_host_is_left(storage: Storage) -> None:
    kept = new_host(storage)
    id = erased(storage)
    assert storage.load_events(id) == [] and storage.find_deleted_hosts(id) == []
    assert {event.aggregate_id for event in whole_log(storage)} == {kept.id}
    contents = {s.name: storage.get_snapshot(s.snapshot_id or "") for s in storage.list_snapshots()}
    assert contents["of the log"].hosts_content == "10.0.0.1\thost1.lan\n"
    assert contents["of a file"].hosts_content == "10.0.0.1\tkept.lan\n"
    assert [contents[name].entry_count for name in ("of the log", "of a file")] == [1, 1]
    (erasure,) = storage.list_erasures()
    assert (erasure.aggregate_id, erasure.erased_by, erasure.reason) == (id, "me", "asked for")
    assert abs(erasure.erased_at.timestamp() - time.time()) < 60


def test_earlier_checkpoints_verify(storage: Storage) -> None:
    new_host(storage)
    id = live(storage)
    middle = storage.checkpoint()
    storage.delete_host(id)
    earlier = storage.checkpoint()
    event_id = storage.load_events(id)[0].event_id
    proof = storage.prove_event(event_id, earlier)
    storage.erase_host(id, reason="asked for")
    for checkpoint in (middle, earlier):
        assert storage.verify(checkpoint) == []
        assert storage.checkpoint(checkpoint) == storage.checkpoint()
    assert storage.checkpoint() == earlier
    assert proof.holds(storage.checkpoint())
    with pytest.raises(NotFound):
        storage.prove_event(event_id)


def test_all_else_goes_on(storage: Storage) -> None:
    first = new_host(storage)
    snapshot = storage.create_snapshot()
    erased(storage)
    later = new_host(storage, 2)
    with storage.consuming("reader") as batch:
        assert [event.aggregate_id for event in batch.events] == [first.id, later.id]
    assert storage.log_end() == later.first_position
    assert storage.get_at_time(FUTURE) == storage.list_all()
    storage.restore_snapshot(snapshot.snapshot_id or "")
    assert [entry.id for entry in storage.list_all()] == [first.id]
    newer = next(s for s in storage.list_snapshots() if s.name == "of the log")
    assert storage.restore_snapshot(newer.snapshot_id or "") == []


def test_what_cannot_be_erased(storage: Storage) -> None:
    host = new_host(storage)
    with pytest.raises(InvalidData, match="is not deleted; delete it first"):
        storage.erase_host(host.id, reason="x")
    with pytest.raises(NotFound):
        storage.erase_host("unknown", reason="x")
    with pytest.raises(InvalidData, match="reason of an erasure must not be empty"):
        storage.erase_host(host.id, reason="")
    assert len(whole_log(storage)) == 1
    storage.delete_host(host.id)
    with pytest.raises(InvalidData, match="the database refuses this erasure"):
        storage.erase_host(host.id, reason="x" * 1001)
    assert storage.erase_host(host.id, reason="x") == 2
    with pytest.raises(NotFound):
        storage.erase_host(host.id, reason="x")
    with pytest.raises(InvalidData):
        storage.append_event(host.id, hostsdb.HostCreated("10.0.0.1", "host1.lan"))


def test_of_two_hosts_with_one_name_one_is_erased(storage: Storage) -> None:
    first = new_host(storage)
    storage.create_snapshot(name="first")
    storage.delete_host(first.id)
    second = new_host(storage)
    storage.create_snapshot(name="second")
    storage.erase_host(first.id, reason="x")
    contents = {
        s.name: storage.get_snapshot(s.snapshot_id or "").hosts_content for s in storage.list_snapshots()
    }
    assert contents == {"first": "", "second": "10.0.0.1\thost1.lan\n"}
    assert storage.list_all() == [second]
