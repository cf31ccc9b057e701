"""The command as whole processes: how long they take, and how much memory they need at most."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path


def run(*arguments: str) -> None:
    """Run Python with these arguments, its output thrown away.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    done = subprocess.run(
        [sys.executable, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr[-2000:]}")


def hostsdb(*arguments: str) -> None:
    """Run the command as `python -m hostsdb`."""
    run("-m", "hostsdb", *arguments)


def peak(*arguments: str) -> float:
    """Run the command and return how many MiB were in its memory at most."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "peak")
        run("-m", "benchmarks.peak", str(result), *arguments)
        return int(result.read_text()) / 2**20


def write_hosts_file(file: Path, count: int) -> None:
    """Write a hosts file with so many hosts, a line each: an alias each, every second with a comment."""
    with file.open("w") as text:
        for n in range(count):
            comment = f"  # made for room {n % 100}" if n % 2 else ""
            text.write(f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255} host-{n:07}.example.net h{n}{comment}\n")
