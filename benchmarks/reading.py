"""Bars 4 to 7: what reading costs, against the straightforward view and against the bare drivers."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from typing import Any

import hostsdb
from benchmarks import raw, straightforward
from benchmarks.appending import add
from benchmarks.data import Shape, host_id, pair
from benchmarks.databases import ENGINES, Databases
from benchmarks.measuring import Point, Record, faster, in_turn, p50s, slower
from hostsdb import Storage

_END_TO_END = {"postgres": 2.0, "sqlite": 1.8}


def listing(databases: Databases) -> Iterator[Record]:
    """Yield bar 4, and the points of its chart: list_all's SQL against the straightforward view's."""
    sizes = databases.sizes
    for engine in ENGINES:
        for shape in sizes.series:
            url = databases.straight(engine, shape)
            with raw.connected(url) as connection:
                statements = raw.statement(url, "list_all"), straightforward.LIST
                times = in_turn(sizes.rounds, *(raw.timed(url, connection, sql) for sql in statements))
            for line, seconds in zip(("hostsdb", "straightforward"), times, strict=True):
                yield Point("list_all", engine, line, shape.hosts, seconds)
        what, limit = f"list_all, SQL time, {sizes.hosts:,} hosts", 20 if engine == "postgres" else None
        yield faster(4, engine, what, "the straightforward view", times, limit)


def end_to_end(databases: Databases) -> Iterator[Record]:
    """Yield bar 5: list_all with its values against the driver's fetchall of the same rows as tuples."""
    sizes = databases.sizes
    for engine in ENGINES:
        url = databases.built(engine, sizes.large)
        with hostsdb.connect(url) as storage, raw.connected(url) as connection:
            sql = raw.statement(url, "list_all")
            times = in_turn(sizes.rounds, storage.list_all, _all(connection, sql), warm=2)
        what, limit = f"list_all, end to end, {sizes.hosts:,} hosts", _END_TO_END.get(engine)
        yield slower(5, engine, what, "the driver's fetchall of the same rows", times, limit)


def _all(connection: Any, sql: str, parameters: tuple[str, ...] = ()) -> Callable[[], Any]:
    """Return a call that has the driver run a query and fetch its rows as tuples."""
    return lambda: connection.execute(sql, parameters).fetchall()


def by_events(databases: Databases) -> Iterator[Record]:
    """Yield bar 6: the same hosts with one event each and with many."""
    sizes = databases.sizes
    shapes = Shape(sizes.some, sizes.many_events), Shape(sizes.some, 1)
    against = f"the same with 1 event a host, {sizes.some:,} hosts"
    for engine in ENGINES:
        many, one = (hostsdb.connect(databases.built(engine, shape)) for shape in shapes)
        with many, one:
            # Reading first: what is added makes both larger.
            listed = in_turn(sizes.rounds, many.list_all, one.list_all, warm=2)
            found = p50s(sizes.calls, find(many, shapes[0]), find(one, shapes[1]))
            added = p50s(sizes.calls, add(many), add(one))
        for name, times in (("list_all", listed), ("find_by_ip_and_hostname", found), ("add_host", added)):
            what = f"{name}, {sizes.many_events} events a host"
            yield slower(6, engine, what, against, times, 1.2)
            for events, seconds in zip((sizes.many_events, 1), times, strict=True):
                yield Point("events", engine, name, events, seconds)


def find(storage: Storage, shape: Shape) -> Any:
    """Return a call that looks a host in the middle up by its pair."""
    wanted = pair(shape, shape.hosts // 2)
    return lambda: storage.find_by_ip_and_hostname(*wanted).id  # type: ignore[union-attr]


def by_key(databases: Databases) -> Iterator[Record]:
    """Yield bar 7: looking one host up, against the bare driver's SELECT by the primary key."""
    sizes = databases.sizes
    for engine in ENGINES:
        url = databases.built(engine, sizes.large)
        # On which CPU the system puts a connection's server process makes up to half of a round trip, so each round has
        # new connections.
        rounds = [_by_key(url, sizes.large, sizes.calls) for _ in range(sizes.rounds)]
        by_id, by_pair, bare = map(statistics.median, zip(*rounds, strict=True))
        against = "the driver's SELECT by primary key"
        yield slower(7, engine, "get_by_id, p50", against, (by_id, bare), 1.5)
        yield slower(7, engine, "find_by_ip_and_hostname, p50", against, (by_pair, bare), 1.5)


def _by_key(url: str, shape: Shape, calls: int) -> list[float]:
    """Return the seconds of get_by_id, find_by_ip_and_hostname and the driver's SELECT, on new connections."""
    wanted = host_id(shape.hosts // 2)
    sql = f"SELECT * FROM host_entries WHERE id = {'%s' if raw.engine(url) == 'postgres' else '?'}"
    with hostsdb.connect(url) as storage, raw.connected(url) as connection:
        select = _all(connection, sql, (wanted,))
        return p50s(calls, lambda: storage.get_by_id(wanted), find(storage, shape), select, warm=200)
