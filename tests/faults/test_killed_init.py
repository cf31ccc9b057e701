"""init under fire: many processes at once, and SIGKILL at any moment."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

import pytest

import hostsdb
from tests.support.postgres_server import fresh_database

pytestmark = pytest.mark.faults

ROUNDS, PROCESSES, KILLS = 20, 12, 40


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def make_url(request, tmp_path_factory):
    if request.param != "postgres":
        return lambda: _File(f"{request.param}:///{tmp_path_factory.mktemp('db')}/hosts.db")
    server = request.getfixturevalue("postgres_server")
    return lambda: fresh_database(server.url)


class _File:
    def __init__(self, url: str) -> None:
        self.url = url

    def __enter__(self) -> str:
        return self.url

    def __exit__(self, *error: object) -> None: ...


def start(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "hostsdb", "init", "--url", url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )


def test_many_processes_at_once(make_url) -> None:
    for _ in range(ROUNDS):
        with make_url() as url:
            processes = [start(url) for _ in range(PROCESSES)]
            outputs = [process.communicate(timeout=120) for process in processes]
            assert [process.returncode for process in processes] == [0] * PROCESSES, outputs
            applied = [line for out, _ in outputs for line in out.splitlines() if line.startswith("applied")]
            assert len(applied) == len(set(applied)) >= 5
            assert_sound(url)


def test_killed_at_any_moment(make_url) -> None:
    with make_url() as url:
        before = time.monotonic()
        with start(url) as process:
            assert process.wait(60) == 0
        duration = time.monotonic() - before
    moments = random.Random(1)
    for kill in range(KILLS):
        with make_url() as url:
            with start(url) as process:
                # Most of the time is Python's start; the work is in the last third.
                kill_at = duration * (moments.uniform(0.3, 1.1) if kill % 4 else moments.uniform(0, 1.1))
                time.sleep(kill_at)
                process.kill()
            before = time.monotonic()
            again = start(url)
            _, errors = again.communicate(timeout=60)
            assert again.returncode == 0, errors
            assert time.monotonic() - before < 20
            assert_sound(url)


def assert_sound(url: str) -> None:
    with hostsdb.connect(url) as storage:
        assert storage.initialize() == []
        storage.add_host("10.0.0.1", "a")
        assert len(storage.list_all()) == 1
