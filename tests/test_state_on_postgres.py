"""The state of the hosts while transactions are open (PostgreSQL)."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

import hostsdb
from hostsdb import Storage
from tests.schema.raw import Raw, changed, created
from tests.schema.test_positions import begin
from tests.support.postgres_server import PostgresServer, fresh_database


@pytest.fixture
def raw(current_postgres_url: str) -> Iterator[Raw]:
    with closing(Raw("postgres", current_postgres_url)) as raw:
        yield raw


@pytest.fixture
def storage(current_postgres_url: str) -> Iterator[Storage]:
    with hostsdb.connect(current_postgres_url, initialize=False) as storage:
        yield storage


def test_a_commit_below_the_newest_event_changes_the_state(raw: Raw, storage: Storage) -> None:
    slow, slower, lost = begin(raw, "slow"), begin(raw, "slower"), begin(raw, "lost")
    states = [storage.state_token()]
    for action in (
        lambda: raw.insert_event(**created("fast")),
        lambda: raw.run("COMMIT", on=slow),
        lambda: raw.insert_event(on=slower, **changed("slower", "CommentUpdated", 2, comment="x")),
        lambda: raw.run("ROLLBACK", on=lost),
        lambda: raw.run("COMMIT", on=slower),
    ):
        action()
        states.append(storage.state_token(states[-1]))
    zero, fast, slow_too, same, still, all_three = states
    assert same == still == slow_too
    assert len({zero, fast, slow_too, all_three}) == 4
    assert storage.state_token(all_three) == all_three


def test_another_server_is_another_state(raw: Raw, storage: Storage) -> None:
    raw.insert_event(**created("a"))
    before = storage.state_token()
    assert storage.state_token(before) == before
    other_server = before.replace('["', '["1')
    assert storage.state_token(other_server)[:20] == before[:20]


def test_an_open_transaction_in_another_database_delays_no_file(
    current_postgres_url: str, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    file = tmp_path / "lan.hosts"
    command = [
        sys.executable,
        "-m",
        "hostsdb",
        "export",
        str(file),
        "--follow",
        "--url",
        current_postgres_url,
    ]
    with (
        fresh_database(postgres_server.url) as other,
        psycopg.connect(other) as elsewhere,
        hostsdb.connect(current_postgres_url, initialize=False) as storage,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as export,
    ):
        elsewhere.execute("SELECT pg_current_xact_id()")
        assert export.stdout is not None and "wrote 0 hosts" in export.stdout.readline()
        for number in range(3):
            storage.add_host("10.0.0.1", f"host{number}")
            began = time.monotonic()
            assert f"wrote {number + 1} hosts" in export.stdout.readline()
            assert f"host{number}" in file.read_text()
            assert time.monotonic() - began < 3
        assert storage.log_end() == -1  # the log's readers wait for the transaction
        export.terminate()
