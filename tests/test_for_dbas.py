"""Checks what docs/for-dbas.md says about locks and monitoring."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import psycopg

import hostsdb
from tests.schema.raw import MIGRATIONS, Raw, created, migrate, migration_files, run_file

PAGE = (Path(__file__).parent.parent / "docs" / "for-dbas.md").read_text()
QUERIES = dict(re.findall(r"^-- (.*)\n((?:[^\n]+\n)+?)```$", PAGE, re.M))


def test_what_to_watch(postgres_url: str) -> None:
    """Run each query of the page, with an open transaction and a consumer that lags."""
    hidden = QUERIES["events that readers of the log do not see yet"]
    with hostsdb.connect(postgres_url) as storage, psycopg.connect(postgres_url, autocommit=True) as dba:
        storage.add_host("10.0.0.1", "a.lan")
        with storage.consuming("audit") as batch:
            assert len(batch.events) == 1
        storage.add_host("10.0.0.2", "b.lan")
        with psycopg.connect(postgres_url, application_name="late") as late:
            late.execute("CREATE TEMPORARY TABLE mine ()")
            storage.add_host("10.0.0.3", "c.lan")
            held = dba.execute(QUERIES["open write transactions, oldest first"]).fetchall()
            assert "late" in [row[2] for row in held]
            assert dba.execute(hidden).fetchall() == [(1,)]
            ((name, behind, age),) = dba.execute(QUERIES["lag of each consumer"]).fetchall()
            assert (name, behind, age.total_seconds() > 0) == ("audit", 1, True)
        assert dba.execute(hidden).fetchall() == [(0,)]
        assert dba.execute(QUERIES["prepared transactions"]).fetchall() == []
        dba.execute("ANALYZE")
        tables = dba.execute(QUERIES["dead row versions that vacuum has not removed yet"]).fetchall()
        assert {row[0] for row in tables} == {"host_events", "host_entries", "snapshots", "consumers"}


def test_the_lag_on_duckdb_and_sqlite(tmp_path: Path) -> None:
    for engine in ("duckdb", "sqlite"):
        with hostsdb.connect(f"{engine}:///{tmp_path}/hosts.{engine}") as storage:
            storage.add_host("10.0.0.1", "a.lan")
            with storage.consuming("audit"):
                pass
            storage.add_host("10.0.0.2", "b.lan")
            with storage.consuming("other", limit=0) as batch:
                found = batch.connection.execute(
                    QUERIES["lag of each consumer on DuckDB and SQLite"]
                ).fetchall()
        assert found == [("audit", 1)]


def test_the_locks(postgres_url: str) -> None:
    """Compare the page's table with the locks that each migration takes on existing tables."""
    told = dict(re.findall(r"^\| `([0-9]{4}_\w+)` \| (\w[\w ]*?)(?: on .*?)? \|", PAGE, re.M))
    taken = {}
    with closing(Raw("postgres", postgres_url)) as raw:
        for file in migration_files("postgres"):
            raw.run("BEGIN")
            tables = [oid for (oid,) in raw.run("SELECT oid FROM pg_class WHERE relkind = 'r'")]
            raw.first.execute(file.read_text())
            taken[file.stem] = raw.run(
                "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = ANY(?)"
                " AND relation = to_regclass('host_events')",
                [tables],
            )
            raw.run("COMMIT")
    strongest = ["AccessExclusiveLock", "ShareRowExclusiveLock", "AccessShareLock"]
    for migration, modes in taken.items():
        mode = next((m for m in strongest if (m,) in modes), "none")
        assert told[migration] == re.sub(
            r"(?<=[a-z])(?=[A-Z])", " ", mode.removesuffix("Lock")
        ).upper().replace("NONE", "none"), migration


def test_by_hand_on_a_log_that_is_there(tmp_path: Path) -> None:
    """Roll back 0006 and apply it again by hand: the log is kept."""
    with closing(Raw("sqlite", str(tmp_path / "hosts.db"))) as raw:
        migrate(raw)
        raw.insert_event(**created("a"))
        raw.first.executescript((MIGRATIONS / "sqlite" / "0006_consumers.rollback.sql").read_text())
        run_file(raw, MIGRATIONS / "sqlite" / "0006_consumers.sql")
        raw.assert_consistent()
