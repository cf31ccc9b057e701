"""Runs the command on every engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.command import hostsdb_command

Run = Callable[..., CompletedProcess[str]]


ENGINES = ["postgres", "duckdb", "sqlite"]


@pytest.fixture(params=ENGINES)
def run(request: pytest.FixtureRequest) -> Run:
    """Run a command on a database with the schema."""
    return run_on(request.getfixturevalue(f"current_{request.param}_url"))


@pytest.fixture(params=ENGINES)
def run_on_empty(request: pytest.FixtureRequest) -> Run:
    """Run a command on an empty database, or a file that does not exist."""
    return run_on(request.getfixturevalue(f"{request.param}_url"))


def run_on(url: str) -> Run:
    """Return what runs a command on a database."""

    def run(*arguments: str | Path, exit_code: int = 0, stdin: str = "") -> CompletedProcess[str]:
        done = hostsdb_command(*arguments, stdin=stdin, HOSTSDB_URL=url, COLUMNS="200")
        assert done.returncode == exit_code, done.stderr
        return done

    return run
