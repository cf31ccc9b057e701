"""DuckDB reads the head of a file before it locks it. No change that another process makes in between is lost."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

import hostsdb

ADD = "import hostsdb, sys; s = hostsdb.connect(sys.argv[1]); s.add_host('10.0.0.2', 'other'); s.close()"


def test_a_file_that_changed_is_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, opened, real = tmp_path / "hosts.db", [], duckdb.connect
    hostsdb.connect(f"duckdb:///{file}").close()

    def connect(path: str) -> Any:
        opened.append(path)
        if len(opened) == 1:
            # As if DuckDB had read the head before: the state of the file from before the other process's change.
            before = file.read_bytes()
            subprocess.run([sys.executable, "-c", ADD, f"duckdb:///{file}"], check=True)
            after = file.read_bytes()
            file.write_bytes(before)
            stale = real(path)
            # Written in place: with the inode DuckDB has locked. Opening it here would release the lock.
            subprocess.run(
                [
                    sys.executable,
                    "-c",
                    "import sys; open(sys.argv[1], 'rb+').write(sys.stdin.buffer.read())",
                    path,
                ],
                input=after,
                check=True,
            )
            return stale
        return real(path)

    monkeypatch.setattr(duckdb, "connect", connect)
    with hostsdb.connect(f"duckdb:///{file}") as storage:
        storage.add_host("10.0.0.1", "mine")
        assert {host.hostname for host in storage.list_all()} == {"other", "mine"}
    assert len(opened) == 2


def test_a_file_of_the_same_moment_is_waited_for(tmp_path: Path) -> None:
    """Two changes within one tick of the kernel's clock have the same time."""
    file = tmp_path / "hosts.db"
    hostsdb.connect(f"duckdb:///{file}").close()
    os.utime(file)
    began = time.monotonic()
    hostsdb.connect(f"duckdb:///{file}").close()
    assert time.monotonic() - began > 0.005
