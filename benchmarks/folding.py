"""Bars 8, 9 and 12: the fold of the whole log, the past, and verify; and the table of the forms that were tried."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import hostsdb
from benchmarks import raw
from benchmarks.data import Shape, build
from benchmarks.databases import ENGINES, Databases
from benchmarks.forms import FORMS, POSTGRES_19
from benchmarks.measuring import Form, Point, Record, faster, in_turn, slower
from hostsdb.operations.verifying import LIMIT, find_damage
from hostsdb.rows import EVENT_COLUMNS

_SMALL = Shape(500, 11, deletions=True)
_AS_OF = {
    "postgres": "created_at <= %(moment)s",
    "sqlite": "created_at <= :moment",
    "duckdb": "created_at <= $moment",
}
_VIEW = "host_entries_current, as shipped"
_STRAIGHT = {"postgres": "DISTINCT ON per column", "duckdb": "DISTINCT ON per column"}


def folds(databases: Databases) -> Iterator[Record]:
    """Yield bar 9: every form of the fold, checked for equality and measured; the shipped ones against the best."""
    for engine in ENGINES:
        yield from _forms(engine, databases.built(engine, _SMALL), databases, FORMS[engine])
    if url := os.environ.get("HOSTSDB_BENCH_POSTGRES19_URL"):
        build(url, databases.sizes.large)
        yield from _forms("postgres 19", url, databases, POSTGRES_19)


def _forms(engine: str, small: str, databases: Databases, forms: dict[str, str]) -> Iterator[Record]:
    sizes = databases.sizes
    large = small if engine == "postgres 19" else databases.built(engine, sizes.large)
    whole = {name: sql.replace("{where}", "TRUE") for name, sql in forms.items()}
    with raw.connected(small) as connection:
        equal = {name: _rows(connection, sql) == _rows(connection, _shipped()) for name, sql in whole.items()}
    times = _times(large, {_VIEW: _shipped(), **whole}, 3)
    for name, seconds in times.items():
        yield Form(engine, name, seconds, equal.get(name, True))
    best = min((name for name in whole if equal[name]), key=lambda name: times[name])
    events = sizes.hosts * sizes.events
    # Where the engine has IGNORE NULLS, the view is the definition in that form, whatever it costs.
    limit = None if engine in ("duckdb", "postgres 19") else 1.1
    pair = times[_VIEW], times[best]
    yield slower(
        9, engine, f"host_entries_current, {events:,} events", f"the fastest form: {best}", pair, limit
    )


def _shipped() -> str:
    # The columns of the forms. priority would be one more column like comment, and first_position a min().
    columns = "id, ip_address, hostname, comment, tags, aliases, created_at, updated_at, event_version"
    return f"SELECT {columns} FROM host_entries_current"


def _rows(connection: Any, sql: str) -> list[str]:
    return sorted(map(repr, connection.execute(sql).fetchall()))


def _times(url: str, statements: dict[str, str], rounds: int, parameters: Any = None) -> dict[str, float]:
    with raw.connected(url) as connection:
        calls = [raw.timed(url, connection, sql, parameters) for sql in statements.values()]
        return dict(zip(statements, in_turn(rounds, *calls), strict=True))


def best_form(databases: Databases, engine: str) -> str:
    """Return the name of the form that folds the whole log fastest, measured again."""
    forms = {
        name: sql.replace("{where}", "TRUE") for name, sql in FORMS[engine].items() if "window" not in name
    }
    times = _times(databases.built(engine, databases.sizes.large), forms, 3)
    return min(times, key=lambda name: times[name])


def past(databases: Databases) -> Iterator[Record]:
    """Yield bar 8: get_at_time in the middle of the log, against DISTINCT ON and against the whole fold."""
    sizes = databases.sizes
    for engine in ENGINES:
        for shape in sizes.series:
            url = databases.built(engine, shape)
            forms, straight = FORMS[engine], _STRAIGHT.get(engine, "correlated subquery per column")
            statements = {
                "hostsdb": raw.statement(url, "get_at_time"),
                "straightforward": forms[straight].replace("{where}", _AS_OF[engine]) + " ORDER BY 2, 3",
            }
            times = _times(url, statements, sizes.rounds, {"moment": raw.at(url, shape.middle())})
            for line, seconds in times.items():
                yield Point("get_at_time", engine, line, shape.hosts, seconds)
        what = f"get_at_time, SQL time, in the middle of {sizes.hosts * sizes.events:,} events"
        limit = 3 if engine == "postgres" else None
        yield faster(8, engine, what, f"the straightforward form: {straight}", list(times.values()), limit)
        yield from _past_against_fold(databases, engine, what)


def _past_against_fold(databases: Databases, engine: str, what: str) -> Iterator[Record]:
    url, best = databases.built(engine, databases.sizes.large), best_form(databases, engine)
    moment = {"moment": raw.at(url, databases.sizes.large.middle())}
    with raw.connected(url) as connection:
        ours = raw.timed(url, connection, raw.statement(url, "get_at_time"), moment)
        fold = raw.timed(url, connection, FORMS[engine][best].replace("{where}", "TRUE"))
        times = in_turn(databases.sizes.rounds, ours, fold)
    yield slower(8, engine, what, f"the whole log's fold in its fastest form: {best}", times, 1.2)


def verifying(databases: Databases) -> Iterator[Record]:
    """Yield bar 12: the checks of verify in SQL against the fold of the whole log, and verify as a whole."""
    sizes = databases.sizes
    for engine in ENGINES:
        url, best = databases.built(engine, sizes.large), best_form(databases, engine)
        with ExitStack() as stack:
            storage = stack.enter_context(hostsdb.connect(url))
            connection = stack.enter_context(raw.connected(url))
            fold = raw.timed(url, connection, FORMS[engine][best].replace("{where}", "TRUE"))
            assert storage.verify() == []
            checks = partial(storage._database.run, find_damage)
            checked, verified, folded, read = in_turn(
                3, checks, storage.verify, fold, _reading(engine, url, connection)
            )
        events = f"{sizes.hosts * sizes.events:,} events"
        form = f"the whole log's fold in its fastest form: {best}"
        yield slower(12, engine, f"verify, its checks in SQL, {events}", form, (checked, folded), 3.0)
        also = "" if engine == "postgres" else ", the engine's own check of its file"
        against = f"that fold, the driver's reading of all events{also}"
        yield slower(12, engine, f"verify, {events}", against, (verified, folded + read), 3.0)


def _reading(engine: str, url: str, connection: Any) -> Callable[[], None]:
    """Return a call that lets the driver read the log, and the engine check its file as verify does."""
    log = f"SELECT {', '.join(EVENT_COLUMNS)} FROM host_events ORDER BY position"

    def read() -> None:
        if engine != "postgres":
            connection.execute(raw.statement(url, "check_engine"), {"limit": LIMIT}).fetchall()
        cursor = connection.execute(log)
        while cursor.fetchmany(10_000):
            pass

    return read
