"""verify runs the engine's own check."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import psycopg

import hostsdb
from hostsdb.operations.verifying import Fault
from tests.verifying.damage import faults, fill

SAYS = "the engine's own check says: "


def test_an_index_of_sqlite_that_lacks_a_row(current_sqlite_url: str) -> None:
    path = current_sqlite_url.removeprefix("sqlite:///")
    index = "FROM sqlite_master WHERE name = 'idx_events_time'"
    with closing(sqlite3.connect(path)) as connection:
        kept = connection.execute(f"SELECT type, name, tbl_name, rootpage, sql {index}").fetchone()
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(f"DELETE {index}")
        connection.commit()
    with hostsdb.connect(current_sqlite_url, initialize=False) as storage:
        host = storage.add_host("10.0.0.1", "a.lan")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", kept)
        connection.commit()
    found = faults(current_sqlite_url)
    words = f"{SAYS}row {host.first_position} missing from index idx_events_time"
    assert Fault("engine_damage", "", words) in found


def test_a_block_of_duckdb_that_changed(current_duckdb_url: str) -> None:
    path = Path(current_duckdb_url.removeprefix("duckdb:///"))
    with hostsdb.connect(current_duckdb_url) as storage:
        storage.create_snapshot(name="a name that stands in the file as it is")
    with duckdb.connect(str(path)) as connection:
        connection.execute("CHECKPOINT")
    content = path.read_bytes()
    place = content.rindex(b"a name that stands in the file as it is")
    path.write_bytes(content[:place] + b"X" + content[place + 1 :])
    found = faults(current_duckdb_url)
    assert any(f.kind == "engine_damage" and "checksum" in f.words for f in found)


# A comparison that can be turned round, as a new version of a collation could do.
COMPARE = """
CREATE OR REPLACE FUNCTION compare_names(a text, b text) RETURNS integer LANGUAGE sql IMMUTABLE
RETURN {sign} * bttextcmp(a, b);
"""
OPERATORS = """
CREATE OPERATOR CLASS by_name FOR TYPE text USING btree AS
OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 compare_names(text, text);
CREATE INDEX turned ON host_events (event_id by_name);
"""


def test_an_index_of_postgres_in_a_wrong_order(current_postgres_url: str) -> None:
    with hostsdb.connect(current_postgres_url) as storage:
        fill(storage)
    with psycopg.connect(current_postgres_url, autocommit=True) as connection:
        connection.execute(COMPARE.format(sign="1") + OPERATORS)
        assert faults(current_postgres_url) == []
        connection.execute(COMPARE.format(sign="-1"))
        assert faults(current_postgres_url) == []  # amcheck is not installed
        connection.execute('CREATE SCHEMA "Other schema"; CREATE EXTENSION amcheck SCHEMA "Other schema"')
        (found,) = faults(current_postgres_url)
        assert found.kind == "engine_damage"
        assert 'item order invariant violated for index "turned"' in found.words
        with hostsdb.connect(current_postgres_url) as storage, storage.transaction() as inside:
            assert inside.verify() == [found]
            assert len(inside.list_all()) == 10
