"""What the tests of broken files share: the command without root's powers, small disks, files looked into."""

from __future__ import annotations

import ctypes
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

ENGINES = ("sqlite", "duckdb")

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2


def _heed_modes() -> None:
    """Take from root, in a new process, what lets it pass by the modes of files."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for power in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
            if libc.prctl(_PR_CAPBSET_DROP, power, 0, 0, 0) != 0:
                raise OSError(ctypes.get_errno(), "root's powers cannot be dropped")


def command(
    url: str, *arguments: str | Path, stdin: str | None = None, patched: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process that heeds the modes of files.

    Arguments:
        url: the database.
        arguments: of the command.
        stdin: what it reads.
        patched: Python that is run before it, for a shorter wait.
    """
    program = f"{patched}\nfrom hostsdb.cli import main\nmain()"
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        env=os.environ | {"HOSTSDB_URL": url},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=_heed_modes,
    )


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line that a command which failed has said."""
    assert done.returncode == 1, (done.stdout, done.stderr)
    (line,) = done.stderr.splitlines()
    assert line.startswith("hostsdb: ")
    return line


def names() -> list[str]:
    """Return the hostnames of the file that the tests break."""
    return [f"h{n:03}" for n in range(300)]


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """Have a file system of its own in a folder, of a size as mount(8) has it; skip the test where none can be had."""
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    done = subprocess.run(mounting, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def enlarge(folder: Path, size: str = "128m") -> None:
    """Make room on a small disk."""
    subprocess.run(["mount", "-o", f"remount,size={size}", str(folder)], check=True)


def hostnames(engine: str, path: Path) -> list[str]:
    """Return the hosts of a file by the driver alone, after a look whether they are what the log says."""
    query = "SELECT hostname FROM {} ORDER BY hostname"
    connection = sqlite3.connect(path) if engine == "sqlite" else duckdb.connect(path)
    try:
        entries = connection.execute(query.format("host_entries")).fetchall()
        assert entries == connection.execute(query.format("host_entries_current")).fetchall()
        if engine == "sqlite":
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [name for (name,) in entries]
    finally:
        connection.close()
