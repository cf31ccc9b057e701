"""Followers of a SQLite or DuckDB file in whose place a backup is restored."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import hostsdb
from hostsdb import HostCreated, Storage, StoredEvent
from tests.conformance.calling import STYLES, Open
from tests.support.template import Template


@pytest.fixture(params=STYLES)
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    with STYLES[request.param]() as opened:
        yield opened


@pytest.fixture(params=["sqlite", "duckdb"])
def url(request: pytest.FixtureRequest, tmp_path: Path, migrated: Template) -> Iterator[str]:
    """A database with two hosts, and its backup beside it."""
    with migrated.copied(request.param, tmp_path / "hosts.db") as url:
        with hostsdb.connect(url, initialize=False) as storage:
            storage.add_host("10.0.0.1", "a")
            storage.add_host("10.0.0.1", "b")
        shutil.copy(tmp_path / "hosts.db", tmp_path / "backup.db")
        yield url


def name(event: StoredEvent) -> str:
    assert isinstance(event.event, HostCreated)
    return event.event.hostname


def restore(folder: Path, *hosts: str) -> None:
    """Restore the backup, with these hosts in addition."""
    engine = "sqlite" if (folder / "backup.db").read_bytes().startswith(b"SQLite") else "duckdb"
    with hostsdb.connect(f"{engine}:///{folder}/backup.db", initialize=False) as storage:
        add(storage, *hosts)
    os.replace(folder / "backup.db", folder / "hosts.db")


def add(storage: Storage, *hosts: str) -> None:
    for host in hosts:
        storage.add_host("10.0.0.1", host)


# More new events than were lost, as many, and fewer.
@pytest.mark.parametrize("new", [["x"], ["x", "y"], ["x", "y", "z"], []])
def test_watch_continues_with_the_first_new_event(
    opened: Open, url: str, tmp_path: Path, new: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with opened(url) as storage:
        events = iter(storage.watch(-1, timeout=5))
        assert [name(next(events)) for _ in range(2)] == ["a", "b"]
        add(storage, "lost1", "lost2")
        assert [name(next(events)) for _ in range(2)] == ["lost1", "lost2"]
        restore(tmp_path, *new)
        if not new:
            add(storage, "later")
        expected = new or ["later"]
        assert [name(next(events)) for _ in expected] == expected
        add(storage, "more")
        assert name(next(events)) == "more"
    assert sum("the log was rewound" in record.getMessage() for record in caplog.records) == 1


def test_a_filtered_watch_continues_too(opened: Open, url: str, tmp_path: Path) -> None:
    with opened(url) as storage:
        events = iter(storage.watch(-1, timeout=5, tags=["t"]))
        storage.add_host("10.0.0.2", "tagged", tags=["t"])
        assert name(next(events)) == "tagged"
        add(storage, "untagged1", "untagged2")
        assert list(storage.watch(storage.log_end(), timeout=0, tags=["t"])) == []
        with hostsdb.connect(url.replace("hosts.db", "backup.db"), initialize=False) as other:
            for number in range(5):
                other.add_host("10.0.0.3", f"new{number}", tags=["t"])
        restore(tmp_path)
        assert [name(next(events)) for _ in range(5)] == [f"new{number}" for number in range(5)]


def test_another_database_is_read_from_its_beginning(opened: Open, url: str, tmp_path: Path) -> None:
    other = f"{url.partition(':')[0]}:///{tmp_path}/other.db"
    with hostsdb.connect(other) as storage:
        add(storage, "p", "q", "r", "s")
    with opened(url) as storage:
        events = iter(storage.watch(-1, timeout=5))
        assert [name(next(events)) for _ in range(2)] == ["a", "b"]
        os.replace(tmp_path / "other.db", tmp_path / "hosts.db")
        assert [name(next(events)) for _ in range(4)] == ["p", "q", "r", "s"]


def test_the_commands_follow_a_restored_file(tmp_path: Path, migrated: Template) -> None:
    with migrated.copied("sqlite", tmp_path / "hosts.db") as url:
        with hostsdb.connect(url, initialize=False) as storage:
            add(storage, "a", "b")
            shutil.copy(tmp_path / "hosts.db", tmp_path / "backup.db")
            add(storage, "lost1", "lost2")
            position = str(storage.log_end())
        file = tmp_path / "lan.hosts"
        command = [sys.executable, "-m", "hostsdb"]
        following = [*command, "export", str(file), "--follow", "--url", url]
        watching = [*command, "watch", "--after", position, "--url", url]
        pipe = subprocess.PIPE
        with (
            subprocess.Popen(following, stdout=pipe, text=True) as export,
            subprocess.Popen(watching, stdout=pipe, stderr=pipe, text=True) as watch,
        ):
            wait_for(lambda: file.exists() and "lost2" in file.read_text())
            time.sleep(1)  # for watch, which prints nothing at its start
            restore(tmp_path, "new")
            began = time.monotonic()
            wait_for(lambda: "lost2" not in file.read_text() and "new" in file.read_text())
            assert time.monotonic() - began < 5
            assert watch.stdout is not None and watch.stderr is not None
            assert json.loads(watch.stdout.readline())["changes"]["hostname"]["to"] == "new"
            assert (
                "hostsdb: the log was rewound: events up to position 4 were read" in watch.stderr.readline()
            )
            export.terminate()
            watch.terminate()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
