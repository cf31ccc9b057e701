"""Files whose content is not what it should be: the cause and the way out in one line, and the data as it was."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import duckdb
import pytest

import hostsdb
from hostsdb import ConnectionFailed, MigrationFailed, QueryFailed, StorageError
from tests.support.broken_files import hostnames, names, refusal
from tests.support.command import hostsdb_command


@pytest.mark.parametrize(
    "content", [b"10.0.0.1 nas.lan\n" * 999, b"SQLite format 3\0" + b"\0" * 999, b"\0" * 999]
)
def test_a_file_that_is_no_database(engine: str, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(
        ConnectionFailed, match=r"is not a (SQLite|DuckDB) database; use another file"
    ) as caught:
        hostsdb.connect(f"{engine}:///{path}")
    assert str(path) in str(caught.value)
    assert str(caught.value) in refusal(
        hostsdb_command("add", "10.0.0.1", "a", HOSTSDB_URL=f"{engine}:///{path}")
    )
    assert path.read_bytes() == content and os.listdir(tmp_path) == ["file"]


def test_the_other_engines_file(engine: str, file: Path) -> None:
    other = {"sqlite": "duckdb", "duckdb": "sqlite"}[engine]
    before = file.read_bytes()
    line = refusal(hostsdb_command("init", HOSTSDB_URL=f"{other}:///{file}"))
    # DuckDB would have fetched an extension from the network to read it.
    assert "is not a" in line and "extension" not in line
    assert file.read_bytes() == before


def test_names_that_duckdb_would_attach_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("md:hosts", "sqlite:hosts", "postgres:dbname=hosts", ":memory:hosts"):
        with hostsdb.connect(f"duckdb:///{name}") as storage:
            storage.add_host("10.0.0.1", "a")
        assert hostnames("duckdb", tmp_path / name) == ["a"]
    with pytest.raises(ConnectionFailed, match="its folder does not exist"):
        hostsdb.connect("duckdb:///s3://bucket/hosts")


def test_an_empty_file(engine: str, tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    if engine == "sqlite":  # which has always taken it for a new database
        hostsdb.connect(f"sqlite:///{path}").close()
        assert hostnames(engine, path) == []
    else:
        line = refusal(hostsdb_command("init", HOSTSDB_URL=f"duckdb:///{path}"))
        assert "it is empty, which a DuckDB database never is; use another file" in line
        assert path.read_bytes() == b""


@pytest.mark.parametrize("part", [0.0005, 0.01, 0.3, 0.6])
def test_a_truncated_database(engine: str, file: Path, part: float) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(
        (QueryFailed, ConnectionFailed), match=r"is damaged \(.*\); restore a backup"
    ) as caught:
        read_all(f"{engine}:///{file}")
    assert str(file) in str(caught.value) and caught.value.__cause__ is not None
    assert "is damaged" in refusal(hostsdb_command("export", HOSTSDB_URL=f"{engine}:///{file}"))
    assert not list(file.parent.glob("*.new"))


def test_a_database_with_bytes_of_something_else(engine: str, file: Path) -> None:
    content = file.read_bytes()
    for place in range(4096, len(content), len(content) // 12):
        damaged = bytearray(content)
        damaged[place : place + 2000] = bytes(range(256)) * 8
        file.write_bytes(damaged[: len(content)])
        try:
            read_all(f"{engine}:///{file}")
        except (
            StorageError
        ) as error:  # and nothing else: SQLite may also read the wrong bytes, or not need them
            assert "damaged" in str(error) or "UTF-8" in str(error), error


def read_all(url: str) -> None:
    with hostsdb.connect(url) as storage:
        for host in storage.list_all():
            storage.load_events(host.id)
        storage.events_since(-1, limit=1000)
        storage.add_host("10.9.9.9", "new")


@pytest.mark.parametrize("column", ["tags", "aliases", "updated_at"])
def test_a_row_that_nobody_can_have_stored(current_sqlite_url: str, column: str) -> None:
    with hostsdb.connect(current_sqlite_url) as storage:
        storage.add_host("10.0.0.1", "a", tags=["t"])
        raw = storage._database.engine._connection.raw  # type: ignore[attr-defined]
        raw.execute("PRAGMA ignore_check_constraints = ON")
        for (trigger,) in raw.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {trigger}")
        raw.execute(f"UPDATE host_entries SET {column} = '[\"x'")
        raw.execute("UPDATE host_events SET metadata = '7', created_at = 'x'")
        assert storage.list_all() == []
        (envelope,) = storage.events_since(-1)
        assert isinstance(envelope.event, hostsdb.UnknownEvent)
        assert envelope.event.reason == "metadata is not a JSON object of previous values"


def test_a_database_of_a_newer_version(engine: str, file: Path) -> None:
    with hostsdb.connect(f"{engine}:///{file}") as storage:
        raw = storage._database.engine._connection.raw  # type: ignore[attr-defined]
        insert = "INSERT INTO _yoyo_migration (migration_hash, migration_id) VALUES ('x', '9999_later')"
        raw.execute(insert)
    with pytest.raises(MigrationFailed, match="newer than this hostsdb: it has 9999_later; install"):
        hostsdb.connect(f"{engine}:///{file}")
    line = refusal(hostsdb_command("add", "10.9.9.9", "new", HOSTSDB_URL=f"{engine}:///{file}"))
    assert "newer than this hostsdb" in line
    assert hostnames(engine, file) == names()


def test_a_drivers_connection_is_closed_when_opening_fails(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("no database " * 999)
    for dialect, error in (("sqlite", sqlite3.Error), ("duckdb", (duckdb.Error, OSError))):
        with pytest.raises(ConnectionFailed) as caught:
            hostsdb.connect(f"{dialect}:///{path}")
        assert isinstance(caught.value.__cause__, error)
    open_files = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if _is_link(fd)]
    assert str(path) not in open_files


def _is_link(descriptor: str) -> bool:
    return os.path.lexists(f"/proc/self/fd/{descriptor}")
