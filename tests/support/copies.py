"""What the tests of copying need: histories that are hard to copy, and what a copy must equal."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta

import hostsdb
from hostsdb import (
    CommentUpdated,
    DuplicateEntry,
    EventEnvelope,
    HostCreated,
    HostnameChanged,
    IpAddressChanged,
    Snapshot,
    Storage,
    StoredEvent,
    TagsModified,
)
from hostsdb.model import HostEvent
from tests.conformance.samples import HOSTILE, PAST, created, whole_log

A, B = "host-a", "host-b"

# What fill() writes.
EVENTS, SNAPSHOTS = 48, 5
LAST_RENDERED = HOSTILE[4]


def fill(storage: Storage) -> None:
    """Write a history with everything in it that a copy could lose."""
    storage.save_snapshot(Snapshot("", 0, name="of the empty log", event_log_position=0))
    for number, text in enumerate(HOSTILE):
        storage.add_host(f"10.1.0.{number}", "n", comment=text, tags=[text], created_by=text)
    storage.create_snapshot(name=HOSTILE[0])
    _swap(storage)
    _come_and_go(storage)
    storage.create_snapshot(name=LAST_RENDERED, trigger=HOSTILE[2])
    _one_host_after_the_other(storage)
    storage.save_snapshot(Snapshot("10.9.9.9\tx\n", 1, event_log_position=None, created_at=PAST))
    storage.save_snapshot(Snapshot(HOSTILE[2], 0, event_log_position=2**62))


def _swap(storage: Storage) -> None:
    """Let two hosts exchange their addresses over a third one, and one pass through a pair of the other's."""
    storage.append_batch([(A, [created(1, "same")], None), (B, [created(2, "same")], None)])
    for host, address in ((A, 3), (B, 1), (A, 2), (B, 3), (A, 1), (B, 2)):
        version = storage.get_current_version(host)
        storage.append_event(host, IpAddressChanged(None, f"10.0.0.{address}"), version)
    for host, name in ((A, "other"), (A, "same"), (B, "other"), (B, "same")):
        version = storage.get_current_version(host)
        storage.append_event(host, HostnameChanged(None, name), version)


def _come_and_go(storage: Storage) -> None:
    """Let a pair have one host after the other."""
    for number in range(4):
        entry = storage.add_host("10.2.0.1", "again", comment=str(number))
        storage.delete_host(entry.id, reason=HOSTILE[1])
    storage.add_host("10.2.0.1", "again")


def _one_host_after_the_other(storage: Storage) -> None:
    """Write chains as a whole, with times that run backwards."""
    for number in range(1, 5):
        events: list[HostEvent] = [
            HostCreated(f"10.3.0.{number}", "chain"),
            CommentUpdated(None, "a"),
            TagsModified((), ("b",)),
            CommentUpdated("a", None),
        ]
        times = [PAST - timedelta(days=number * place) for place in range(4)]
        envelopes = [
            EventEnvelope(event, created_at=time, event_timestamp=time + timedelta(microseconds=1))
            for event, time in zip(events, times, strict=True)
        ]
        storage.append_events(f"chain{number}", envelopes)


def wander(storage: Storage, steps: int, seed: int) -> None:
    """Let hosts take, change and leave a handful of pairs at random."""
    chance = random.Random(seed)
    live: list[str] = []
    for _ in range(steps):
        pair = f"10.0.0.{chance.randrange(3)}", f"host{chance.randrange(2)}"
        with suppress(DuplicateEntry):
            if not live or chance.random() < 0.3:
                live.append(storage.add_host(*pair).id)
            elif chance.random() < 0.3:
                storage.delete_host(live.pop(chance.randrange(len(live))))
            else:
                storage.update_host(chance.choice(live), ip_address=pair[0], hostname=pair[1])


def assert_same(source_url: str, destination_url: str) -> None:
    """Compare two databases through the library: log, state, past, and where the snapshots lead."""
    with hostsdb.connect(source_url) as source, hostsdb.connect(destination_url) as destination:
        theirs, ours = whole_log(source), whole_log(destination)
        position = {e.event_id: e.position for e in ours}
        assert len(position) == len(ours) and list(position.values()) == sorted(position.values())
        assert [_without_position(e) for e in ours] == [_without_position(e) for e in theirs]
        assert destination.list_all() == source.list_all()
        for moment in (PAST - timedelta(days=5), PAST, datetime.now(UTC)):
            assert destination.get_at_time(moment) == source.get_at_time(moment)
        for snapshot in source.list_snapshots():
            shown = [e.event_id for e in theirs if (e.position) <= (snapshot.event_log_position or 0)]
            copied = destination.get_snapshot(snapshot.snapshot_id)
            expected = position[shown[-1]] if shown else 0 if snapshot.event_log_position == 0 else None
            assert copied.event_log_position == expected
            original = source.get_snapshot(snapshot.snapshot_id)
            assert _comparable(copied) == _comparable(original)


def _without_position(event: StoredEvent) -> list[object]:
    return [getattr(event, name) for name in StoredEvent.__slots__ if name != "position"]


def _comparable(snapshot: Snapshot) -> list[object]:
    return [getattr(snapshot, name) for name in Snapshot.__slots__ if name != "event_log_position"]


# Runs the command with small batches, and sends itself a signal before the given step of the database work.
_MORTAL = """
import os, signal, sys
from hostsdb.cli import main
from hostsdb.copying import log
from hostsdb.engines import duckdb, postgres, sqlite
log.BATCH, left, sent = 7, int(sys.argv.pop(1)), int(sys.argv.pop(1))
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what it runs in the background ignore it
def mortal(perform):
    def performing(self, step):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), sent)
        return perform(self, step)
    return performing
for engine in (duckdb.DuckDBConnection, postgres.PostgresConnection, sqlite.SQLiteConnection):
    engine.perform = mortal(engine.perform)
main()
"""


def copy_until(
    step: int, sent: signal.Signals, source_url: str, destination_url: str
) -> subprocess.CompletedProcess[str]:
    """Run the command until it is done, or gets a signal before a step of its."""
    command = [sys.executable, "-c", _MORTAL, str(step), str(int(sent)), "copy", source_url, destination_url]
    return subprocess.run(command, timeout=120, capture_output=True, text=True)


def generate(url: str, hosts: int, events_each: int) -> None:
    """Write a log of many hosts, one after the other, into a new SQLite database."""
    hostsdb.connect(url).close()
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.executemany(
            "INSERT INTO host_events (event_id, aggregate_id, event_type, event_version, ip_address, hostname,"
            " comment, expected_version, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'generated')",
            (_event(host, number) for host in range(hosts) for number in range(events_each)),
        )
        connection.commit()


def _event(host: int, number: int) -> tuple[str | None, ...]:
    # Versions with chance in front, as of hosts that were made at many times.
    version = f"00{(host * 7919) % 10**8:08}{host:08}{number:08}"
    before = f"00{(host * 7919) % 10**8:08}{host:08}{number - 1:08}"
    address = f"10.{host >> 16}.{host >> 8 & 255}.{host & 255}"
    if number == 0:
        return version, f"H{host:025}", "HostCreated", version, address, "generated.lan", "new", None
    if number % 3 == 0:
        address = f"1{number}.{host >> 16}.{host >> 8 & 255}.{host & 255}"
        return version, f"H{host:025}", "IpAddressChanged", version, address, None, None, before
    return version, f"H{host:025}", "CommentUpdated", version, None, None, f"comment {number}", before
