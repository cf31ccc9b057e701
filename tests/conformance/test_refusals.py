"""What the database refuses is described in the same words on every engine."""

from datetime import UTC, datetime

import pytest

from hostsdb import CommentUpdated, EventEnvelope, HostCreated, InvalidData, Snapshot, Storage
from hostsdb.constraints import RULES

EARLY = datetime(1969, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("host", "event", "constraint"),
    [
        ("h" * 1001, HostCreated("10.0.0.1", "a"), "host_events_size"),
        ("h", HostCreated("10.0.0.1", "a" * 1001), "host_events_size"),
        ("h", HostCreated("10.0.0.1", "a", "c" * 65_537), "host_events_size"),
        ("h", HostCreated("10.0.0.1", "a", tags=("é" * 501,)), "host_events_size"),
        ("h", HostCreated("10.0.0.1", "a", aliases=("é" * 501,)), "host_events_size"),
        ("h", EventEnvelope(HostCreated("10.0.0.1", "a"), created_at=EARLY), "host_events_time"),
    ],
)
def test_an_event_that_breaks_a_rule(
    storage: Storage, host: str, event: HostCreated | EventEnvelope, constraint: str
) -> None:
    with pytest.raises(InvalidData) as caught:
        storage.append_event(host, event)
    assert str(caught.value) == f"the database refuses this event: {RULES[constraint]} ({constraint})"
    assert storage.list_all() == []


def test_a_first_event_that_is_no_creation(storage: Storage) -> None:
    with pytest.raises(InvalidData, match="host h does not exist; its first event must be HostCreated"):
        storage.append_event("h", CommentUpdated(None, "c"))


@pytest.mark.parametrize(
    ("snapshot", "constraint"),
    [
        (Snapshot("", 0, name="n" * 1001), "snapshots_size"),
        (Snapshot("", 0, trigger=""), "snapshots_not_empty"),
        (Snapshot("", -1), "snapshots_entry_count"),
        (Snapshot("", 0, created_at=EARLY), "snapshots_time"),
    ],
)
def test_a_snapshot_that_breaks_a_rule(storage: Storage, snapshot: Snapshot, constraint: str) -> None:
    with pytest.raises(InvalidData) as caught:
        storage.save_snapshot(snapshot)
    assert str(caught.value) == f"the database refuses this snapshot: {RULES[constraint]} ({constraint})"
