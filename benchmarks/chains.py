"""Bars 17 and 18: many events of one host, and many hosts with several events in one call."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import hostsdb
from benchmarks import raw
from benchmarks.appending import new_pair
from benchmarks.databases import ENGINES, Databases
from benchmarks.measuring import Figure, Record, in_turn, p50s, seconds, slower
from hostsdb import CommentUpdated, HostCreated, HostEvent, Storage
from hostsdb.operations.inserting import insertable
from hostsdb.operations.preparing import prepare
from hostsdb.rows import EVENT_COLUMNS, moment_text, to_json
from hostsdb.sql_files import load
from hostsdb.ulids import new_id

_HOSTS, _EVENTS_EACH = 1000, 10
_AT_LEAST = {"postgres": 20_000, "sqlite": 20_000, "duckdb": 5000}
_Batch = list[tuple[str, list[HostEvent], None]]


def long_batches(databases: Databases) -> Iterator[Record]:
    """Yield bar 17: how fast append_batch adds several events for each of many hosts, and beside a bare INSERT."""
    what = f"append_batch of {_HOSTS:,} hosts, {_EVENTS_EACH} events each"
    against = "the same INSERT, from JSON that is ready, into a table with a primary key alone"
    for engine in ENGINES:
        url, bare = databases.empty(engine), databases.empty(engine)
        with hostsdb.connect(url) as storage, raw.connected(bare) as connection:
            times = in_turn(databases.sizes.rounds, _append(storage), _insert(bare, connection))
        databases.drop(url)
        databases.drop(bare)
        ours, theirs = (_HOSTS * _EVENTS_EACH / taken for taken in times)
        yield Figure(17, engine, what, "", ours, None, "events/s", ours, _AT_LEAST[engine], at_least=True)
        yield Figure(17, engine, what, against, ours, theirs, "events/s", ours / theirs, None, at_least=True)


def _batch() -> _Batch:
    changes: list[HostEvent] = [CommentUpdated(str(n), str(n + 1)) for n in range(_EVENTS_EACH - 1)]
    return [(new_id(), [HostCreated(*new_pair()), *changes], None) for _ in range(_HOSTS)]


def _append(storage: Storage) -> Callable[[], float]:
    def append() -> float:
        batch = _batch()
        return seconds(lambda: storage.append_batch(batch))

    return append


def _insert(url: str, connection: Any) -> Callable[[], float]:
    """Return a call that inserts the events of a batch by hostsdb's own statement into a table without any rule."""
    moment = "text" if raw.engine(url) == "sqlite" else "timestamptz"
    kinds = {"event_timestamp": moment, "created_at": moment, "priority": "integer", "position": "bigint"}
    columns = ", ".join(f"{column} {kinds.get(column, 'text')}" for column in EVENT_COLUMNS)
    if raw.engine(url) == "sqlite":
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"CREATE TABLE bare ({columns}, PRIMARY KEY (event_id))")
    sql = load(raw.engine(url), "append_events")
    text = sql.text.replace("INTO host_events", "INTO bare")

    def insert() -> float:
        events = [event for host in _batch() for event in prepare(*host)]
        given = insertable(events, raw.engine(url))
        parameters = {"events": to_json(given), "now": moment_text(datetime.now(UTC))}
        named = {name: parameters[name] for name in sql.parameters}
        return seconds(lambda: connection.execute(text, named).fetchall())

    return insert


def long_chain(databases: Databases) -> Iterator[Record]:
    """Yield bar 18: what the append of a late event of a host costs, over that of an early one."""
    late, early, calls = databases.sizes.chain, 10, min(databases.sizes.calls, 100)
    for engine in ENGINES:
        url = databases.empty(engine)
        with hostsdb.connect(url) as storage:
            ours, theirs = _next_event(storage, 1, late), _next_event(storage, calls + 1, early)
            times = p50s(calls, ours, theirs, warm=1)
        databases.drop(url)
        what, against = f"append of event {late:,} of a host", f"the same of event {early}"
        yield slower(18, engine, what, against, times, 1.3)


def _next_event(storage: Storage, hosts: int, number: int) -> Callable[[], object]:
    """Add hosts with all events before this number, and return a call that appends the next event to one of them."""
    before: list[HostEvent] = [CommentUpdated("a", "b")] * (number - 2)
    created = [(new_id(), [HostCreated(*new_pair()), *before], None) for _ in range(hosts)]
    stored = storage.append_batch(created)
    versions = {envelope.aggregate_id or "": envelope.event_version for envelope in stored}
    turns = itertools.cycle(list(versions))

    def append() -> None:
        host = next(turns)
        versions[host] = storage.append_event(host, CommentUpdated("a", "b"), versions[host]).event_version

    return append
