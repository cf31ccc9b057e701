"""Runs the command as a process, on every engine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def run(request: pytest.FixtureRequest) -> Run:
    url = request.getfixturevalue(f"{request.param}_url")

    def run(*arguments: str | Path, exit_code: int = 0, stdin: str = "") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "hostsdb", *map(str, arguments)],
            env=os.environ | {"HOSTSDB_URL": url, "COLUMNS": "200"},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == exit_code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run
