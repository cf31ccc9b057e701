"""The three ways of docs/upgrading-postgresql.md, from PostgreSQL 15 to the version of the tests."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import hostsdb
from hostsdb import InvalidData, QueryFailed, Storage
from hostsdb.sql_files import load
from tests.support.ports import free_port
from tests.support.postgres_process import (
    PASSWORD,
    PostgresProcess,
    as_unprivileged,
    binaries_in,
    give_away,
    postgres_process,
    running,
    server_binaries,
)
from tests.support.postgres_standby import ask, wait_until

pytestmark = pytest.mark.faults

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "upgrading-postgresql.md").read_text()
LOG = "SELECT position, event_id FROM host_events ORDER BY position"


def commands(name: str) -> list[str]:
    """Return the blocks ```sh NAME of the page."""
    blocks = re.findall(rf"^( *)```sh {name}\n(.*?)^ *```$", PAGE, re.M | re.S)
    return [re.sub(rf"^{indent}", "", text, flags=re.M) for indent, text in blocks]


@pytest.fixture(scope="module")
def binaries() -> Path:
    """The programs of PostgreSQL 15."""
    program = "build/postgresql-15/bin/postgres"
    if not (ROOT / program).exists():
        run = subprocess.run(
            ["make", program, f"VENV={sys.prefix}"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if run.returncode:
            pytest.skip(f"make {program} failed: {run.stderr[-500:]}")
    return binaries_in((ROOT / program).parent.parent)


@pytest.fixture
def old(binaries: Path) -> Iterator[PostgresProcess]:
    """A server of PostgreSQL 15 with hosts, a snapshot, and a consumer that has read a part of the log."""
    settings = {"fsync": "off", "wal_level": "logical"}
    with running(lambda folder: PostgresProcess(binaries, folder, free_port(), settings)) as server:
        with hostsdb.connect(server.url) as storage:
            host = storage.add_host("10.0.0.1", "a", aliases=["b"])
            storage.update_host(host.id, comment="x")
            with storage.consuming("audit"):
                pass
            storage.delete_host(storage.add_host("10.0.0.2", "deleted").id)
            storage.create_snapshot()
        yield server


def run(server: PostgresProcess, script: str, **variables: str) -> str:
    """Run commands as the server's user; `server` has the new programs."""
    path = f"{server.binaries / 'bin'}:{os.environ['PATH']}"
    function = f'hostsdb() {{ {shlex.quote(sys.executable)} -m hostsdb "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", function + script],
        cwd=server.folder,
        env=os.environ
        | {
            "PATH": path,
            "PYTHONPATH": str(ROOT),
            "NEW_BIN": str(server.binaries / "bin"),
            "PGPASSWORD": PASSWORD,
            "LD_LIBRARY_PATH": str(server.binaries / "lib"),
        }
        | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def assert_continues(storage: Storage, url: str, before: list[tuple[int, str]]) -> None:
    """The new server has everything, and followers continue on it."""
    assert ask(url, LOG) == before
    assert ask(url, "SHOW server_version_num") >= [("160000",)]
    assert storage.verify() == []
    assert [(host.hostname, host.aliases, host.comment) for host in storage.list_all()] == [
        ("a", ("b",), "x")
    ]
    assert len(storage.list_snapshots()) == 1
    with storage.consuming("audit") as batch:
        assert [event.event_id for event in batch.events] == [event_id for _, event_id in before[-2:]]
    new = storage.add_host("10.0.0.3", "new")
    (event,) = storage.watch(before[-1][0], timeout=0)
    assert event.aggregate_id == new.id and event.position > before[-1][0]
    with storage.consuming("audit") as batch:
        assert [event.aggregate_id for event in batch.events] == [new.id]


def test_dump_and_restore(old: PostgresProcess) -> None:
    before = ask(old.url, LOG)
    with postgres_process() as new:
        (script,) = commands("dump")
        give_away(new.folder)
        run(new, script, OLD_URL=old.url, NEW_URL=new.url)
        with hostsdb.connect(new.url, initialize=False) as storage:
            assert_continues(storage, new.url, before)


class Upgraded(PostgresProcess):
    """The new server after pg_upgrade."""

    def __init__(self, old: PostgresProcess, binaries: Path, folder: Path, port: int) -> None:
        self.old = old
        super().__init__(binaries, folder, port, {"fsync": "off"})

    def _make(self) -> None:
        password = self.folder / "password"
        password.write_text(PASSWORD)
        give_away(password)
        (script,) = commands("pg_upgrade")
        environment = self._environment() | {
            "OLD_BIN": str(self.old.binaries / "bin"),
            "NEW_BIN": str(self.binaries / "bin"),
            "OLD_DATA": str(self.old.folder / "data"),
            "NEW_DATA": str(self.folder / "data"),
            "PGPASSWORD": PASSWORD,
        }
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            **as_unprivileged(),
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_pg_upgrade(old: PostgresProcess) -> None:
    before = ask(old.url, LOG)
    old.stop()
    new_binaries = server_binaries()
    with (
        running(lambda folder: Upgraded(old, new_binaries, folder, free_port())) as new,
        hostsdb.connect(new.url, initialize=False) as storage,
    ):
        assert_continues(storage, new.url, before)


def test_logical_replication(old: PostgresProcess) -> None:
    prepare, publish, wait, move = commands("logical")
    with postgres_process() as new:
        urls = {"OLD_URL": old.url, "NEW_URL": new.url}
        for script in (prepare, publish, wait):
            run(new, script, **urls)
        with hostsdb.connect(old.url, initialize=False) as storage:
            storage.delete_host(storage.add_host("10.0.0.4", "later").id)
        before = ask(old.url, LOG)
        with hostsdb.connect(new.url, initialize=False) as storage:
            wait_until(lambda: ask(new.url, LOG) == before)
            assert_is_a_subscriber(storage)
            assert_every_role_is_refused(new.url)
            run(new, move, **urls)
            with (
                hostsdb.connect(old.url, initialize=False) as late,
                pytest.raises(InvalidData, match="copy of another one"),
            ):
                late.add_host("10.0.0.5", "late")
            with storage.consuming("audit", limit=2) as batch:
                assert len(batch.events) == 2
            assert_continues(storage, new.url, before)


def assert_every_role_is_refused(url: str) -> None:
    """A role without any privilege sees that the table gets replicated rows."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE ROLE plain")
        connection.execute("SET ROLE plain")
        assert connection.execute(load("postgres", "is_subscriber").text).fetchall() == [(True,)]
        connection.rollback()


def assert_is_a_subscriber(storage: Storage) -> None:
    """It has the hosts, and refuses followers and writers."""
    assert [host.hostname for host in storage.list_all()] == ["a"]
    assert storage.verify() == []
    for follow in (
        lambda: next(iter(storage.watch(-1, timeout=0))),
        lambda: storage.consuming("audit").__enter__(),
        storage.state_token,
        lambda: next(iter(storage.watch_state())),
    ):
        with pytest.raises(QueryFailed, match="logical replication"):
            follow()
    with pytest.raises(InvalidData, match="copy of another one"):
        storage.add_host("10.0.0.5", "early")
