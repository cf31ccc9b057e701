"""Snapshots: the hosts file at a moment, kept, listed, thrown away."""

from datetime import UTC, datetime, timedelta

import pytest

from hostsdb import HostCreated, InvalidData, NotFound, Snapshot, SnapshotMetadata, Storage
from tests.conformance.samples import BAD, HOSTILE, PAST, new_host, whole_log

DAY = timedelta(days=1)


def ids(snapshots: list[SnapshotMetadata]) -> list[str]:
    return [snapshot.snapshot_id for snapshot in snapshots]


def test_a_snapshot_is_filled_in_and_comes_back(storage: Storage) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    stored = storage.save_snapshot(Snapshot("10.0.0.1\ta\n", 1))
    assert stored.snapshot_id and stored.created_at
    assert before < stored.created_at < before + timedelta(seconds=60)
    assert (stored.trigger, stored.name, stored.event_log_position) == ("manual", None, None)
    assert storage.get_snapshot(stored.snapshot_id) == stored


def test_what_a_snapshot_gives_is_kept(storage: Storage) -> None:
    for text in [*HOSTILE, "x" * 1_000]:
        given = Snapshot(text * 1_000, 7, text[:50], PAST.astimezone(), text, text, 2**62)
        assert storage.save_snapshot(given) == given
        stored = storage.get_snapshot(text[:50])
        assert stored == given and stored.created_at and stored.created_at.tzinfo is UTC
        assert storage.list_snapshots() == [SnapshotMetadata(text[:50], PAST, 7, text, text, 2**62)]
        storage.delete_snapshot(text[:50])


def test_what_cannot_be_stored_is_refused(storage: Storage) -> None:
    storage.save_snapshot(Snapshot("", 0, "S1"))
    refused = [
        *(
            Snapshot("", 0, "S1"),
            Snapshot("", -1),
            Snapshot("", 0, trigger=""),
            Snapshot("", 0, snapshot_id=""),
        ),
        Snapshot("", 0, created_at=PAST.replace(tzinfo=None)),
        *(Snapshot(bad, 0) for bad in BAD),
        *(Snapshot("", 0, **{field: bad}) for field in ("snapshot_id", "trigger", "name") for bad in BAD),  # type: ignore[arg-type]
    ]
    for snapshot in refused:
        with pytest.raises(InvalidData):
            storage.save_snapshot(snapshot)
    assert ids(storage.list_snapshots()) == ["S1"]


def test_snapshots_are_listed_newest_first_in_pages(storage: Storage) -> None:
    assert storage.list_snapshots() == []
    for number in (3, 1, 5, 2, 4):
        storage.save_snapshot(Snapshot("", 0, f"S{number}", PAST + number * DAY))
    storage.save_snapshot(Snapshot("", 0, "S6", PAST + 5 * DAY))  # the same moment: by id
    listed = storage.list_snapshots()
    assert ids(listed) == ["S6", "S5", "S4", "S3", "S2", "S1"]
    assert storage.list_snapshots(limit=2) == listed[:2]
    assert storage.list_snapshots(limit=2, offset=3) == listed[3:5]
    assert storage.list_snapshots(offset=4) == listed[4:]
    assert (
        storage.list_snapshots(limit=0)
        == storage.list_snapshots(offset=6)
        == storage.list_snapshots(limit=9, offset=9)
        == []
    )
    for limit, offset in ((-1, None), (None, -1)):
        with pytest.raises(InvalidData):
            storage.list_snapshots(limit, offset)


def test_a_snapshot_that_is_not_there_is_not_found(storage: Storage) -> None:
    storage.save_snapshot(Snapshot("", 0, "S1"))
    storage.delete_snapshot("S1")
    for call in (storage.get_snapshot, storage.delete_snapshot, storage.restore_snapshot):
        for missing in ("S1", "", "no such"):
            with pytest.raises(NotFound) as caught:
                call(missing)
            assert (caught.value.kind, caught.value.id) == ("snapshot", missing)
    assert storage.list_snapshots() == []


def test_retention_by_count_and_by_age_in_one_call(storage: Storage) -> None:
    now = datetime.now(UTC)
    for days in range(10):
        storage.save_snapshot(Snapshot("", 0, f"S{days}", now - days * DAY - timedelta(hours=1)))
    assert storage.apply_retention_policy() == 0
    assert storage.apply_retention_policy(max_count=10, max_age_days=10) == 0
    assert storage.apply_retention_policy(max_count=9, max_age_days=8) == 2
    assert ids(storage.list_snapshots()) == [f"S{days}" for days in range(8)]
    assert storage.apply_retention_policy(max_count=6, max_age_days=7) == 2
    assert storage.apply_retention_policy(max_age_days=4.5) == 1
    assert storage.apply_retention_policy(max_count=3) == 2
    assert ids(storage.list_snapshots()) == ["S0", "S1", "S2"]
    assert storage.apply_retention_policy(max_age_days=10**9) == 0
    for count, age in ((-1, None), (None, -1)):
        with pytest.raises(InvalidData):
            storage.apply_retention_policy(count, age)
    assert storage.apply_retention_policy(max_count=0) == 3
    storage.save_snapshot(Snapshot("", 0, "future", now + DAY))
    assert storage.apply_retention_policy(max_age_days=0) == 0
    assert ids(storage.list_snapshots()) == ["future"]


def test_a_snapshot_of_nothing(storage: Storage) -> None:
    snapshot = storage.create_snapshot()
    assert (snapshot.hosts_content, snapshot.entry_count) == ("", 0)
    assert (snapshot.trigger, snapshot.name, snapshot.event_log_position) == ("manual", None, 0)


def test_a_snapshot_shows_the_hosts_and_their_place_in_the_log(storage: Storage) -> None:
    new_host(storage, 10, aliases=["x", "y"], comment="ten # of them")
    new_host(storage, 9)
    gone = new_host(storage, 8)
    storage.delete_host(gone.id)
    storage.append_event("raw", HostCreated("no address", "a b"))
    snapshot = storage.create_snapshot("before", "nightly")
    assert snapshot.hosts_content == (
        "10.0.0.10\thost10.lan x y\t# ten # of them\n"
        "10.0.0.9\thost9.lan\n"
        "# left out, its address is not an IP address: no address a b\n"
    )
    assert (snapshot.name, snapshot.trigger) == ("before", "nightly")
    assert snapshot.entry_count == len(storage.list_all()) == 3
    assert snapshot.event_log_position == whole_log(storage)[-1].position
    assert storage.get_snapshot(snapshot.snapshot_id or "") == snapshot
    assert storage.events_since(snapshot.event_log_position or 0) == []
    later = storage.append_event("H1", HostCreated("10.0.0.1", "a"))
    assert storage.events_since(snapshot.event_log_position or 0) == [later]
