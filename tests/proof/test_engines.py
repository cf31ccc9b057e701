"""The root of a log is the same on every engine, and after each copy."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import psycopg
import pytest

import hostsdb
from hostsdb import Checkpoint
from hostsdb.copying import copy_database, open_sides
from tests.support import copies
from tests.support.template import Fill, Template
from tests.verifying.damage import raw

ENGINES = ("postgres", "duckdb", "sqlite")


@pytest.mark.parametrize(("source", "destination"), list(permutations(ENGINES, 2)))
def test_a_copy_has_the_same_root(
    source: str, destination: str, templates: Callable[[Fill], Template], migrated: Template, tmp_path: Path
) -> None:
    with (
        templates(copies.fill).copied(source, tmp_path / "source") as from_url,
        migrated.copied(destination, tmp_path / "destination") as to_url,
    ):
        with open_sides(from_url, to_url) as sides:
            copy_database(*sides, lambda what, done, total: None)
        one, other = checkpoint(from_url), checkpoint(to_url)
        assert one.size == other.size == copies.EVENTS
        assert (one.root, one.origin, one.last_leaf) == (other.root, other.origin, other.last_leaf)


def checkpoint(url: str) -> Checkpoint:
    with hostsdb.connect(url, initialize=False) as storage:
        return storage.checkpoint()


def test_one_history_has_one_root(request: pytest.FixtureRequest) -> None:
    """Written by SQL on each engine, with times that other clients may write."""
    roots = set()
    for engine in ENGINES:
        url = request.getfixturevalue(f"current_{engine}_url")
        with raw(url) as connection:
            for statement in HISTORY:
                connection.execute(statement)
        roots.add(checkpoint(url).root)
    assert len(roots) == 1


_NAMES = "event_id, aggregate_id, event_type, event_version"
HISTORY = [
    f"INSERT INTO host_events ({_NAMES}, ip_address, hostname, comment, tags, event_timestamp, created_at)"
    f" VALUES ('e1', 'h', 'HostCreated', '01JD4V0QF8T5Y7Z3M2N1K0P9RX', '10.0.0.1', '{'b' * 126}ü', '',"
    f" '[\"ä\", \"{'x' * 300}\"]', '0001-01-02 00:00:00+00:00', '2026-01-31 12:00:00.000001+00:00')",
    f"INSERT INTO host_events ({_NAMES}, expected_version, priority, created_by, event_timestamp, created_at)"
    " VALUES ('e2', 'h', 'PriorityChanged', '01JD4V0QF8T5Y7Z3M2N1K0P9RY', '01JD4V0QF8T5Y7Z3M2N1K0P9RX', -2147483648,"
    " '', '9999-12-30 23:59:59+00:00', '2026-01-31 12:00:00+00:00')",
]


def test_a_server_with_other_settings(current_postgres_url: str) -> None:
    with raw(current_postgres_url) as connection:
        for statement in HISTORY:
            connection.execute(statement)
    before = checkpoint(current_postgres_url)
    with psycopg.connect(current_postgres_url, autocommit=True) as connection:
        for setting in ("TimeZone = 'Asia/Kolkata'", "DateStyle = 'German'", "bytea_output = 'escape'"):
            connection.execute(f'ALTER DATABASE "{connection.info.dbname}" SET {setting}')
    assert checkpoint(current_postgres_url) == before
    with psycopg.connect(current_postgres_url) as connection:
        connection.execute("SET standard_conforming_strings = off")
        leaves = connection.execute("SELECT leaf FROM event_contents ORDER BY position").fetchall()
    assert before.last_leaf == bytes.fromhex(leaves[-1][0])
