"""Files that cannot be opened or written: the cause and the way out in one line, and the data as it was."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import hostsdb
from hostsdb import ConnectionFailed
from tests.support.broken_files import command, hostnames, names, refusal

HURRY = {
    "sqlite": "import hostsdb.engines.sqlite as e; e.LOCK_TIMEOUT = 0.3",
    "duckdb": "import hostsdb.engines.duckdb as e; e.LOCK_TIMEOUT = 0.3",
}


@contextmanager
def mode(path: Path, bits: int) -> Iterator[None]:
    before = stat.S_IMODE(path.stat().st_mode)
    path.chmod(bits)
    try:
        yield
    finally:
        path.chmod(before)


def test_a_file_that_may_not_be_written(engine: str, file: Path) -> None:
    url, before = f"{engine}:///{file}", file.read_bytes()
    with mode(file, 0o444):
        assert (
            refusal(command(url, "add", "10.9.9.9", "new"))
            == {
                "sqlite": f"hostsdb: this user may not write {file}, its -wal or -shm file, or its folder; "
                "change the permissions",
                "duckdb": f"hostsdb: cannot open {file}: this user may not write it; "
                "run as the owner, or change the permissions",
            }[engine]
        )
        if engine == "sqlite":
            assert len(command(url, "export").stdout.splitlines()) == 300
    assert file.read_bytes() == before
    for left in file.parent.glob("hosts.db-*"):  # SQLite's reader gives them the mode of the file
        left.chmod(0o600)
    assert command(url, "add", "10.9.9.9", "new").returncode == 0
    assert hostnames(engine, file) == [*names(), "new"]


def test_a_file_that_may_not_be_read(engine: str, file: Path) -> None:
    with mode(file, 0o000):
        assert refusal(command(f"{engine}:///{file}", "list")) == (
            f"hostsdb: cannot open {file}: this user may not read it; run as the owner, or change the permissions"
        )
    assert hostnames(engine, file) == names()


def test_a_folder_that_may_not_be_written(engine: str, file: Path) -> None:
    url, before = f"{engine}:///{file}", file.read_bytes()
    with mode(file.parent, 0o555):
        line = refusal(command(url, "add", "10.9.9.9", "new"))
        assert str(file) in line
        assert (
            "; change the permissions" in line
            or "this user may not create files" in line
            or (
                "nothing of this operation was stored" in line
                and "make the file and its folder writable" in line
            )
        ), line
        assert "may not create files in its folder" in refusal(
            command(f"{engine}:///{file.parent}/new", "init")
        )
    assert os.listdir(file.parent) == [file.name] and file.read_bytes() == before
    assert command(url, "add", "10.9.9.9", "new").returncode == 0


def test_a_folder_that_may_not_be_entered(engine: str, file: Path) -> None:
    with mode(file.parent, 0o000):
        assert refusal(command(f"{engine}:///{file}", "list")) == (
            f"hostsdb: cannot open {file}: this user has no access to its folder; "
            "run as the owner, or change the permissions"
        )
    assert hostnames(engine, file) == names()


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("", "it is a folder; use a file in it"),
        ("/none/hosts.db", "its folder does not exist; create it, or use another path"),
        ("/text/hosts.db", "text is a file, not a folder"),
        ("/" + "x" * 300, "File name too long"),
        ("/pipe", "not a regular file"),
    ],
)
def test_a_path_to_no_file(engine: str, tmp_path: Path, place: str, words: str) -> None:
    (tmp_path / "text").write_text("text")
    os.mkfifo(tmp_path / "pipe")
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(ConnectionFailed) as caught:
        hostsdb.connect(f"{engine}:///{tmp_path}{place}")
    assert str(caught.value).startswith(f"cannot open {tmp_path}{place}: ") and words in str(caught.value)
    assert str(caught.value) in refusal(command(f"{engine}:///{tmp_path}{place}", "list"))
    assert sorted(os.listdir(tmp_path)) == before


def test_a_file_that_another_process_keeps(engine: str, file: Path) -> None:
    url = f"{engine}:///{file}"
    words = {
        "sqlite": f"hostsdb: another process has locked {file} for more than 0 s; "
        "end its transaction and try again",
        "duckdb": f"hostsdb: {file} is open in another process, and DuckDB allows only one; end the other process",
    }
    with held(engine, file):
        for arguments in (("add", "10.9.9.9", "new"), ("delete", "h000")):
            assert refusal(command(url, *arguments, patched=HURRY[engine])) == words[engine]
        if engine == "sqlite":
            assert len(command(url, "export").stdout.splitlines()) == 300
    assert command(url, "add", "10.9.9.9", "new").returncode == 0
    assert hostnames(engine, file) == [*names(), "new"]


@contextmanager
def held(engine: str, file: Path) -> Iterator[None]:
    """Another process writes in the file, and does not come to an end."""
    begin = "BEGIN IMMEDIATE" if engine == "sqlite" else "BEGIN"
    module = "sqlite3" if engine == "sqlite" else "duckdb"
    program = f"import {module}, sys; c = {module}.connect({str(file)!r}); c.execute({begin!r}); "
    with subprocess.Popen(
        [sys.executable, "-c", program + "print(flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        yield
        other.communicate()
