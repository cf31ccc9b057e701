"""What holds of a database whatever was killed, cut or raced; asked with the bare drivers, never with hostsdb."""

import sqlite3
from contextlib import closing
from typing import Any

import duckdb
import psycopg

from tests.support.postgres_standby import wait_until
from tests.test_races import FAULTS

# What a call has stored, and nothing else: its token is the `created_by` of each of its events.
EVENTS = "SELECT created_by, event_type, aggregate_id, event_version FROM host_events ORDER BY position"


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """Ask a database of any engine."""
    dialect, _, path = url.partition(":///")
    if dialect == "sqlite":
        with closing(sqlite3.connect(path)) as file:
            return file.execute(query).fetchall()
    if dialect == "duckdb":
        with duckdb.connect(path) as connection:
            return connection.execute(query).fetchall()
    with psycopg.connect(url) as session:
        return session.execute(query).fetchall()


def await_more_events(url: str) -> None:
    """Come back when somebody has appended an event."""
    [(count,)] = rows(url, "SELECT count(*) FROM host_events")
    wait_until(lambda: rows(url, "SELECT count(*) FROM host_events") > [(count,)])


def assert_sound(url: str) -> None:
    """Every chain is a single path, no position is there twice, and the kept state is the fold of the log."""
    faults = FAULTS | {
        "twice": "SELECT position FROM host_events GROUP BY position HAVING count(*) > 1",
        "unplaced": "SELECT event_id FROM host_events WHERE position IS NULL",
    }
    # One question at a time: a UNION of them took ten times as long on SQLite.
    assert {name: rows(url, query) for name, query in faults.items()} == {name: [] for name in faults}
