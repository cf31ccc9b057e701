"""Helpers for the tests of verify and rebuild: a history, connections without guards, and the commands."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import duckdb
import psycopg

import hostsdb
from hostsdb import CommentUpdated, Storage, TagsModified
from hostsdb.database.driver import run
from hostsdb.database.open import open_database
from hostsdb.operations.verifying import Fault, verify
from hostsdb.schema import rebuilding
from hostsdb.url import parse_url
from tests.support.command import hostsdb_command

ROOT = Path(__file__).parents[2]


def fill(storage: Storage) -> None:
    created = [hostsdb.HostCreated(f"10.0.0.{n}", f"h{n}.lan", "c", ("t",)) for n in range(10)]
    changed: list[hostsdb.HostEvent] = [CommentUpdated("c", "d"), TagsModified(("t",), ())]
    storage.append_batch([(f"h{n}", [event, *changed], None) for n, event in enumerate(created)])
    gone = hostsdb.HostCreated("10.0.0.99", "gone.lan")
    storage.append_events("gone", [gone, hostsdb.HostDeleted("10.0.0.99", "gone.lan")])


def faults(url: str) -> list[Fault]:
    with closing(open_database(parse_url(url))) as database:
        return run(database.engine, verify)


def rebuild(url: str) -> int:
    parsed = parse_url(url)
    with closing(open_database(parsed)) as database, database.exclusive() as connection:
        return rebuilding.rebuild(parsed.dialect, connection, 30)


@contextmanager
def raw(url: str) -> Iterator[Any]:
    """Open a connection of the driver, in autocommit mode."""
    path = url.partition(":///")[2]
    if url.startswith("postgres"):
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection
    elif url.startswith("duckdb"):
        with duckdb.connect(path) as connection:
            yield connection
    else:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            yield connection


@contextmanager
def forced(url: str) -> Iterator[Any]:
    """Open the same connection with all triggers disabled, as a superuser or the owner of a file can."""
    with raw(url) as connection:
        if url.startswith("postgres"):
            connection.execute("SET session_replication_role = replica")
            yield connection
            return
        made = connection.execute(_TRIGGERS["duckdb" if url.startswith("duckdb") else "sqlite"]).fetchall()
        for name, table, _ in made:
            connection.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if url.startswith("duckdb") else ""))
        yield connection
        for _, _, statement in made:
            connection.execute(statement)


_TRIGGERS = {
    "sqlite": "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'",
    "duckdb": "SELECT trigger_name, table_name, sql FROM duckdb_triggers() ORDER BY trigger_name",
}


def without_constraints(connection: Any, url: str) -> None:
    """Drop all constraints of the log, so that a forged event can be inserted."""
    if url.startswith("postgres"):
        ours = "conrelid = 'host_events'::regclass AND contype IN ('p', 'u', 'c', 'f')"
        for (name,) in connection.execute(f"SELECT conname FROM pg_constraint WHERE {ours}").fetchall():
            connection.execute(f"ALTER TABLE host_events DROP CONSTRAINT IF EXISTS {name} CASCADE")
        return
    if url.startswith("sqlite"):
        connection.execute(
            "PRAGMA legacy_alter_table = ON"
        )  # lets the views be without their table for a moment
    connection.execute("CREATE TABLE bare AS SELECT * FROM host_events")
    connection.execute("DROP TABLE host_events")
    connection.execute("ALTER TABLE bare RENAME TO host_events")


def state(url: str) -> list[Any]:
    """Return the rows of host_entries and the triggers of the database."""
    with raw(url) as connection:
        rows = connection.execute("SELECT * FROM host_entries ORDER BY id").fetchall()
        if url.startswith("postgres"):
            guards = "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname"
        else:
            guards = _TRIGGERS["duckdb" if url.startswith("duckdb") else "sqlite"]
        return [rows, sorted(connection.execute(guards).fetchall())]


def command(url: str, *arguments: str) -> CompletedProcess[str]:
    return hostsdb_command(*arguments, HOSTSDB_URL=url)
