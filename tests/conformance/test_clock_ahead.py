"""A client whose clock is ahead of the database's can write: the library chooses versions by the database's clock."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

import hostsdb
from hostsdb import CommentUpdated, EventEnvelope, HostCreated, HostFilter, InvalidData, Storage
from hostsdb.formats.record import HostRecord
from hostsdb.ulids import new_id
from tests.verifying.damage import raw

DAYS = 86_400_000
GUARD = "host_events_version_time_and_replica"  # of SQLite


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def storage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """A storage whose machine is 30 days ahead of the database."""
    ahead = time.time_ns() + 30 * DAYS * 1_000_000
    monkeypatch.setattr("hostsdb.ulids.time.time_ns", lambda: ahead)
    with hostsdb.connect(request.getfixturevalue(f"current_{request.param}_url")) as storage:
        yield storage


def test_every_write_works(storage: Storage) -> None:
    host = storage.add_host("10.0.0.1", "a.lan")
    changed = storage.update_host(host.id, comment="x", tags=["t"], hostname="b.lan")
    assert changed.event_version > host.event_version
    storage.append_batch(
        [(f"H{n}", [HostCreated(f"10.0.1.{n}", "n"), CommentUpdated(None, "c")], None) for n in range(3)]
    )
    snapshot = storage.create_snapshot()
    storage.update_hosts(HostFilter(), add_tags=["u"], all_hosts=True)
    storage.import_hosts(
        [HostRecord(1, "10.0.2.1", "i.lan", ()), HostRecord(2, "10.0.0.1", "b.lan", ("z",))], mode="replace"
    )
    storage.restore_snapshot(snapshot.snapshot_id or "")
    assert storage.get_by_id(host.id).tags == ("t",)
    events = storage.events_since(-1)
    limit = new_id(time.time_ns() // 1_000_000 - 29 * DAYS)
    assert all(e.event_version and e.event_version < limit for e in events)
    storage.delete_host(host.id)


def test_a_version_of_the_caller_is_refused(storage: Storage) -> None:
    envelope = EventEnvelope(HostCreated("10.0.0.1", "a.lan"), event_version=new_id())
    with pytest.raises(InvalidData, match="ahead of the"):
        storage.append_event("H", envelope)


@pytest.mark.parametrize("storage", ["sqlite"], indirect=True)
def test_the_chain_continues_after_a_version_that_is_ahead(storage: Storage, sqlite_url: str) -> None:
    ahead = new_id()
    with raw(sqlite_url) as connection:
        ((guard,),) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", [GUARD])
        connection.execute(f"DROP TRIGGER {GUARD}")
    storage.append_event("H", EventEnvelope(HostCreated("10.0.0.1", "a.lan"), event_version=ahead))
    with raw(sqlite_url) as connection:
        connection.execute(guard)
    assert storage.update_host("H", comment="x").event_version > ahead
