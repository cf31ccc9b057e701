"""The bare drivers, each with one way to run a statement, for what hostsdb is compared with."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import duckdb
import psycopg

from hostsdb.rows import moment_text
from hostsdb.sql_files import load


def engine(url: str) -> str:
    """Return `postgres`, `sqlite` or `duckdb`."""
    return re.sub(r"postgresql$", "postgres", url.split(":", 1)[0])


def path(url: str) -> str:
    """Return the file of a SQLite or DuckDB URL."""
    return url.split(":///", 1)[1]


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """Give the driver's own connection: autocommit, its defaults, and the durability that hostsdb sets."""
    connection: Any
    if engine(url) == "postgres":
        connection = psycopg.connect(url, autocommit=True)
    elif engine(url) == "sqlite":
        connection = sqlite3.connect(path(url), isolation_level=None)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA temp_store = MEMORY")
    else:
        connection = duckdb.connect(path(url))
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
    try:
        yield connection
    finally:
        connection.close()


def statement(url: str, name: str) -> str:
    """Return one of hostsdb's statements, its parameters written in the driver's way."""
    return load(engine(url), name).text


def at(url: str, moment: datetime) -> Any:
    """Return a moment as a parameter."""
    return moment_text(moment) if engine(url) == "sqlite" else moment


def timed(url: str, connection: Any, sql: str, parameters: Any = None) -> Callable[[], Any]:
    """Return a call that runs a query and has its rows made, but no Python values of them where that can be had.

    PostgreSQL says itself how long it took, text of the rows included; DuckDB's EXPLAIN ANALYZE runs it and shows the
    plan; SQLite's rows are stepped through.
    """
    if engine(url) == "postgres":
        explain = f"EXPLAIN (ANALYZE, TIMING OFF, SERIALIZE TEXT, FORMAT JSON) {sql}"
        return lambda: _postgres_seconds(connection.execute(explain, parameters).fetchone()[0][0])
    if engine(url) == "duckdb":
        return lambda: connection.execute(f"EXPLAIN ANALYZE {sql}", parameters).fetchone()
    return lambda: _step_through(connection.execute(sql, parameters or ()))


def _postgres_seconds(plan: dict[str, Any]) -> float:
    return float(plan["Planning Time"] + plan["Execution Time"]) / 1000


def _step_through(rows: Iterator[Any]) -> None:
    for _ in rows:
        pass
