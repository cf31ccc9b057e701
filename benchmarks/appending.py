"""Bars 1, 2 and 14: what one append costs as the log grows, against the straightforward design, and on DuckDB."""

from __future__ import annotations

import itertools
import json
import re
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hostsdb
from benchmarks import raw, straightforward
from benchmarks.data import Shape
from benchmarks.databases import ENGINES, Databases
from benchmarks.measuring import Call, Figure, Point, Record, faster, in_turn, p50s, seconds, slower
from hostsdb import HostCreated, Storage
from hostsdb.rows import EVENT_COLUMNS, to_json
from hostsdb.sql_files import load
from hostsdb.ulids import new_id

_GROWTH = {"postgres": 1.3, "sqlite": 1.3, "duckdb": 2.0}
_numbers = itertools.count()


def new_pair() -> tuple[str, str]:
    """Return an address and a name that nobody has yet."""
    number = next(_numbers)
    return f"172.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", f"new-{number}.example.net"


def add(storage: Storage) -> Callable[[], object]:
    """Return a call that adds one host, by one event, with all checks."""
    return lambda: storage.add_host(*new_pair(), aliases=["new"], comment="a new host", tags=["lan"])


def growth(databases: Databases) -> Iterator[Record]:
    """Yield bar 1: add_host in a large database over add_host in a small one."""
    sizes = databases.sizes
    for engine in ENGINES:
        large = databases.built(engine, sizes.large)
        small = databases.built(engine, Shape(sizes.few, sizes.events))
        with hostsdb.connect(large) as ours, hostsdb.connect(small) as theirs:
            times = p50s(sizes.calls, add(ours), add(theirs))
        what = f"add_host, p50, {sizes.hosts:,} hosts"
        yield slower(1, engine, what, f"the same, {sizes.few:,} hosts", times, _GROWTH[engine])


def straight_append(url: str, connection: Any) -> Callable[[], None]:
    """Return a call that appends one event as the straightforward design does, in one transaction."""
    mark = "%s" if raw.engine(url) == "postgres" else "?"
    exists, insert = straightforward.EXISTS.format(mark), straightforward.INSERT.format(mark)
    begin = "BEGIN IMMEDIATE" if raw.engine(url) == "sqlite" else "BEGIN"

    def append() -> None:
        ip_address, hostname = new_pair()
        now = "2026-06-01 00:00:00.000000+00:00"
        connection.execute(begin)
        ((taken,),) = connection.execute(exists, (ip_address, hostname)).fetchall()
        assert not taken
        connection.execute(insert, (new_id(), new_id(), new_id(), ip_address, hostname, now, now))
        connection.execute("COMMIT")

    return append


def against_straightforward(databases: Databases) -> Iterator[Record]:
    """Yield bar 2, and the points of the chart of appends: each side at growing sizes."""
    sizes = databases.sizes
    for engine in ENGINES:
        for shape in sizes.series:
            url = databases.straight(engine, shape)
            with hostsdb.connect(url) as storage, raw.connected(url) as connection:
                several = _median_of(20, add(storage))
                times = in_turn(min(sizes.rounds, 5), several, straight_append(url, connection))
            for line, median in zip(("hostsdb", "straightforward"), times, strict=True):
                yield Point("append", engine, line, shape.hosts, median)
        against = "the straightforward design's EXISTS and INSERT"
        limit = 200 if engine != "duckdb" else None
        what = f"one append with all checks, {sizes.hosts:,} hosts"
        yield faster(2, engine, what, against, times, limit)


def _median_of(count: int, call: Call) -> Callable[[], float]:
    """Return a call that makes another one so often and says the median seconds."""
    return lambda: statistics.median(seconds(call) for _ in range(count))


def _keeping() -> list[str]:
    """Return the names of the triggers that maintain host_entries on DuckDB."""
    migration = Path(__file__).parent.parent / "migrations" / "duckdb" / "0003_host_entries.sql"
    return re.findall(r"CREATE TRIGGER (host_events_\w+)", migration.read_text())


def duckdb_maintenance(databases: Databases) -> Iterator[Record]:
    """Yield bar 14: what keeping host_entries costs on DuckDB, and how fast many events go in at once."""
    sizes = databases.sizes
    url = databases.built("duckdb", sizes.large)
    without = databases.copied(url)
    with hostsdb.connect(url) as storage, raw.connected(without) as connection:
        for trigger in _keeping():
            connection.execute(f"DROP TRIGGER {trigger} ON host_events")
        sql = raw.statement(without, "append_events")
        times = p50s(
            sizes.calls, add(storage), lambda: connection.execute(sql, {"events": _event()}).fetchall()
        )
        what, against = (
            f"one append, {sizes.hosts:,} hosts",
            "the same INSERT without the triggers of host_entries",
        )
        yield slower(14, "duckdb", what, against, times, 2.5)
        bare = databases.empty("duckdb")
        with raw.connected(bare) as plain:
            times = p50s(sizes.calls, add(storage), _bare_insert(plain))
        databases.drop(bare)
        against = "DuckDB's INSERT of the same event into a table with a primary key alone"
        yield slower(14, "duckdb", what, against, times, 4.0)
        (batch,) = in_turn(sizes.rounds, lambda: storage.append_batch(_batch()))
    databases.drop(without)
    rate = 1000 / batch
    yield Figure(
        14, "duckdb", "append_batch of 1,000 hosts", "", rate, None, "events/s", rate, 5000, at_least=True
    )


def _bare_insert(connection: Any) -> Callable[[], object]:
    """Return a call that inserts an event by hostsdb's own statement into a table without any other rule."""
    moments = {"event_timestamp", "created_at"}
    columns = ", ".join(
        f"{column} {'timestamptz' if column in moments else 'text'}" for column in EVENT_COLUMNS[:-1]
    )
    connection.execute("CREATE SEQUENCE numbers")
    connection.execute(
        f"CREATE TABLE bare ({columns}, position bigint DEFAULT nextval('numbers'), PRIMARY KEY (event_id))"
    )
    sql = load("duckdb", "append_event").text.replace("INTO host_events", "INTO bare")
    return lambda: connection.execute(
        sql, dict.fromkeys(EVENT_COLUMNS[:-1]) | json.loads(_event())[0]
    ).fetchall()


def _event() -> str:
    ip_address, hostname = new_pair()
    event = {
        "event_id": new_id(),
        "aggregate_id": new_id(),
        "event_type": "HostCreated",
        "event_version": new_id(),
    }
    event |= {"ip_address": ip_address, "hostname": hostname, "comment": "a new host", "tags": '["lan"]'}
    return to_json([event | {"aliases": '["new"]', "metadata": "{}"}])


def _batch() -> list[tuple[str, list[HostCreated], None]]:
    return [
        (new_id(), [HostCreated(*new_pair(), "a new host", ("lan",), ("new",))], None) for _ in range(1000)
    ]
