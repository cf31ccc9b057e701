"""hostsdb health: one line, an exit code, soon, and nothing is written."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.command import hostsdb_command


@pytest.mark.parametrize("engine", ["postgres", "sqlite", "duckdb"])
def test_healthy(engine: str, request: pytest.FixtureRequest) -> None:
    url: str = request.getfixturevalue(f"current_{engine}_url")
    done = hostsdb_command("health", "--url", url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"healthy: {engine}, the log ends at -1, ")
    assert len(done.stdout.splitlines()) == 1


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    done = hostsdb_command("health", "--url", f"sqlite:///{tmp_path}/hosts.db")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_pending_migrations_are_not_applied(sqlite_url: str) -> None:
    assert hostsdb_command("init", "--url", sqlite_url).returncode == 0
    assert hostsdb_command("rollback", "--to", "5", "--yes", "--url", sqlite_url).returncode == 0
    for _ in range(2):
        done = hostsdb_command("health", "--url", sqlite_url)
        assert done.returncode == 1 and "0006_consumers is not applied yet" in done.stderr


def test_a_schema_is_not_created(postgres_url: str) -> None:
    for _ in range(2):
        done = hostsdb_command("health", "--url", postgres_url)
        assert done.returncode == 1 and "there is no hostsdb schema" in done.stderr


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        url = f"postgres://me:secret@127.0.0.1:{deaf.getsockname()[1]}/hosts"
        command = [sys.executable, "-m", "hostsdb", "health", "--timeout", "1", "--url", url]
        began = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert done.returncode == 1 and time.monotonic() - began < 20
    assert done.stderr == (
        "hostsdb: the database did not answer within 1 s; check its server and its locks\n"
    )
