"""After erase, a full dump of the database has none of the texts of the host."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

import hostsdb
from hostsdb import Checkpoint, Snapshot
from tests.support.postgres_process import PostgresProcess, postgres_process
from tests.support.postgres_server import fresh_database
from tests.verifying.damage import command

MARKS = [f"marker{number}" for number in range(10)]


def leave_marks(url: str) -> tuple[str, Checkpoint]:
    """Add a host whose texts are the marks, and return its id and a checkpoint."""
    with hostsdb.connect(url) as storage:
        storage.add_host("10.0.0.1", "kept.lan")
        host = storage.add_host(
            "10.1.2.3",
            f"{MARKS[0]}.lan",
            aliases=[f"{MARKS[1]}.lan"],
            comment=MARKS[2] * 200,
            tags=[MARKS[3]],
            created_by=MARKS[4],
        )
        storage.create_snapshot()
        storage.update_host(
            host.id, hostname=f"{MARKS[5]}.lan", comment=MARKS[6], aliases=[f"{MARKS[7]}.lan"]
        )
        storage.update_host(host.id, tags=[MARKS[8]])
        storage.create_snapshot()
        storage.save_snapshot(Snapshot(f"10.1.2.3 {MARKS[0]}.lan\n10.0.0.1 kept.lan\n", 2))
        storage.delete_host(host.id, reason=MARKS[9])
        storage.add_host("10.0.0.2", "later.lan")
        return host.id, storage.checkpoint()


def check(url: str, folder: Path, dump: Callable[[], str]) -> None:
    id, checkpoint = leave_marks(url)
    before = dump()
    assert [mark for mark in MARKS if mark not in before] == []
    (folder / "hosts.checkpoint").write_text(checkpoint.text)
    done = command(url, "erase", id, "--reason", "asked for", "--yes")
    assert done.returncode == 0, done.stderr
    after = dump()
    assert [mark for mark in MARKS if mark in after] == []
    assert "kept.lan" in after and "later.lan" in after
    done = command(url, "verify", "--checkpoint", str(folder / "hosts.checkpoint"))
    assert done.returncode == 0, done.stdout


def test_sqlite(current_sqlite_url: str, tmp_path: Path) -> None:
    path = Path(current_sqlite_url.removeprefix("sqlite:///"))

    def dump() -> str:
        with closing(sqlite3.connect(path)) as connection:
            # The file itself has none of them either: deleted content is overwritten.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return "\n".join(connection.iterdump()) + path.read_bytes().decode("latin-1")

    check(current_sqlite_url, tmp_path, dump)


def test_duckdb(current_duckdb_url: str, tmp_path: Path) -> None:
    dumps = iter("ab")

    def dump() -> str:
        folder = tmp_path / next(dumps)
        with duckdb.connect(current_duckdb_url.removeprefix("duckdb:///")) as connection:
            connection.execute(f"EXPORT DATABASE '{folder}'")
        return "".join(file.read_text() for file in folder.iterdir())

    check(current_duckdb_url, tmp_path, dump)


@pytest.fixture(scope="module")
def process() -> Iterator[PostgresProcess]:
    with postgres_process() as process:
        yield process


def test_postgres(process: PostgresProcess, tmp_path: Path) -> None:
    with fresh_database(process.url) as url:

        def dump() -> str:
            command = [process._program("pg_dump"), url]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout

        check(url, tmp_path, dump)
