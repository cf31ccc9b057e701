"""One client process of bars 3, 19 and 21: appends as fast as it can.

`python -m benchmarks.client KIND URL SECONDS` prints a line when it is ready. For each line that it is given it appends
for so many seconds and prints the appends a second. KIND: hostsdb, statement, eventsourcing, message_db or bare.
Each makes a host by one append and changes its comment by four more, one event in each transaction.
"""

from __future__ import annotations

import itertools
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import urlsplit

import psycopg

import hostsdb
from benchmarks import raw
from benchmarks.message_db import writer
from hostsdb import CommentUpdated, HostCreated
from hostsdb.operations.preparing import prepare
from hostsdb.rows import event_columns, to_json
from hostsdb.ulids import new_id

_CHANGES = 4


def _events(number: int) -> Iterator[HostCreated | CommentUpdated]:
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    yield HostCreated(address, f"host-{os.getpid()}-{number}.example.net", "a new host", ("lan",), ("new",))
    for change in range(_CHANGES):
        yield CommentUpdated("a new host", f"changed for the {change}. time")


def _hostsdb(url: str) -> Callable[[int], None]:
    storage = hostsdb.connect(url, initialize=False)

    def host(number: int) -> None:
        id, version = new_id(), None
        for event in _events(number):
            version = storage.append_event(id, event, version).event_version

    return host


def _statement(url: str) -> Callable[[int], None]:
    """Run hostsdb's own statement without the library: all checks, and the commit."""
    connection, sql = psycopg.connect(url, autocommit=True), raw.statement(url, "append_event_now")

    def host(number: int) -> None:
        for row in prepare(new_id(), _events(number), None):
            assert connection.execute(sql, row).fetchone()

    return host


def _eventsourcing(url: str) -> Callable[[int], None]:
    from eventsourcing.persistence import StoredEvent
    from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

    parts = urlsplit(url)
    datastore = PostgresDatastore(
        parts.path[1:], parts.hostname or "", parts.port or 5432, parts.username or "", parts.password or ""
    )
    recorder = PostgresApplicationRecorder(datastore)
    recorder.create_table()

    def host(number: int) -> None:
        id = uuid.uuid4()
        for version, event in enumerate(_events(number), 1):
            # The same texts that hostsdb stores in columns, as one JSON state.
            state = to_json(event_columns(event)).encode()
            topic = f"hostsdb.model:{type(event).__name__}"
            positions = recorder.insert_events([StoredEvent(id, version, topic, state)])
            assert positions

    return host


def _bare(url: str) -> Callable[[int], None]:
    connection = psycopg.connect(url, autocommit=True)
    connection.execute("CREATE TABLE IF NOT EXISTS bare (id text PRIMARY KEY, state text)")

    def host(number: int) -> None:
        for event in _events(number):
            state = to_json(event_columns(event))
            connection.execute("INSERT INTO bare (id, state) VALUES (%s, %s)", (new_id(), state))

    return host


def _main(kind: str, url: str, seconds: float) -> None:
    hosts_of: dict[str, Callable[[str], Callable[[int], None]]] = {
        "hostsdb": _hostsdb,
        "statement": _statement,
        "eventsourcing": _eventsourcing,
        "message_db": partial(writer, events=_events),
        "bare": _bare,
    }
    host = hosts_of[kind](url)
    numbers = itertools.count()
    for _ in range(10):  # connections are made, statements prepared
        host(next(numbers))
    print("ready", flush=True)
    for _ in sys.stdin:
        hosts, begun = 0, time.monotonic()
        while time.monotonic() - begun < seconds:
            host(next(numbers))
            hosts += 1
        print(hosts * (1 + _CHANGES) / (time.monotonic() - begun), flush=True)


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
