"""The feed under load: writers with transactions that stay open, readers that follow by position."""

from __future__ import annotations

import json
import multiprocessing
import random
import time
from typing import Any

import psycopg
import pytest

import hostsdb
from tests.support.postgres_process import postgres_process

pytestmark = pytest.mark.faults

WRITERS, SECONDS = 8, 20

INSERT = """
INSERT INTO host_events
(event_id, aggregate_id, event_type, event_version, ip_address, hostname, event_timestamp, metadata)
VALUES (%(id)s, %(id)s, 'HostCreated', %(version)s, '10.0.0.1', %(id)s, now(), '{}')
"""


def write(url: str, writer: int, stop: Any) -> None:
    """Add events in transactions that are open for up to 300 ms, some of which are rolled back."""
    chance, number = random.Random(writer), 0
    with psycopg.connect(url, autocommit=True) as connection:
        while not stop.is_set():
            with connection.transaction() as transaction:
                for _ in range(chance.randrange(1, 4)):
                    number += 1
                    version = f"01J{number:023d}"
                    connection.execute(INSERT, {"id": f"w{writer}-{number}", "version": version})
                    if chance.random() < 0.2:
                        time.sleep(chance.uniform(0, 0.3))
                if chance.random() < 0.05:
                    raise psycopg.Rollback(transaction)


def tail(url: str, how: str, file: str) -> None:
    """Follow the log, a line for each event; end when nothing has come for some seconds."""
    with hostsdb.connect(url, initialize=False) as storage, open(file, "w") as seen:
        if how == "watch":
            for event in storage.watch(-1, timeout=3):
                seen.write(json.dumps([event.position, event.event_id]) + "\n")
            return
        position, quiet_since = -1, time.monotonic()
        while time.monotonic() - quiet_since < 3:
            for event in storage.events_since(position, limit=50):
                position, quiet_since = event.position, time.monotonic()
                seen.write(json.dumps([event.position, event.event_id]) + "\n")
            time.sleep(0.005)


def test_readers_miss_nothing_and_see_nothing_twice(tmp_path) -> None:
    context = multiprocessing.get_context("forkserver")
    with postgres_process(fsync=True) as server:
        hostsdb.connect(server.url).close()
        stop = context.Event()
        writers = [context.Process(target=write, args=(server.url, n, stop)) for n in range(WRITERS)]
        readers = {
            how: context.Process(target=tail, args=(server.url, how, f"{tmp_path}/{how}"))
            for how in ("watch", "events_since")
        }
        for process in [*readers.values(), *writers]:
            process.start()
        time.sleep(SECONDS)
        stop.set()
        for process in [*writers, *readers.values()]:
            process.join(30)
            assert process.exitcode == 0
        with psycopg.connect(server.url) as connection:
            log = connection.execute(
                "SELECT position, event_id FROM host_events ORDER BY position"
            ).fetchall()
            (live,) = connection.execute("SELECT count(*) FROM host_entries").fetchone() or (0,)
    assert len(log) == live > 100 * WRITERS
    for how in readers:
        seen = [tuple(json.loads(line)) for line in (tmp_path / how).read_text().splitlines()]
        assert seen == log, f"{how}: {len(set(log) - set(seen))} missed, {len(seen) - len(set(seen))} doubled"
