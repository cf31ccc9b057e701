"""Runs the command on every engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.command import hostsdb_command

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def run(request: pytest.FixtureRequest) -> Run:
    url = request.getfixturevalue(f"{request.param}_url")

    def run(*arguments: str | Path, exit_code: int = 0, stdin: str = "") -> CompletedProcess[str]:
        done = hostsdb_command(*arguments, stdin=stdin, HOSTSDB_URL=url, COLUMNS="200")
        assert done.returncode == exit_code, done.stderr
        return done

    return run
