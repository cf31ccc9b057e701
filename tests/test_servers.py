"""The servers and databases that the other tests stand on are real, fresh, and can be stopped and killed."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.support.postgres_process import postgres_process
from tests.support.postgres_server import PostgresServer, fresh_database, server_version
from tests.support.postgres_standby import ask, postgres_standby, wait_until


def test_server_answers_with_the_version_of_the_report(postgres_server: PostgresServer) -> None:
    assert server_version(postgres_server.url) == postgres_server.version
    assert postgres_server.major >= 15


def test_server_takes_enough_connections_for_racing_writers(postgres_server: PostgresServer) -> None:
    with psycopg.connect(postgres_server.url) as connection:
        [limit] = connection.execute("SHOW max_connections").fetchone() or [0]
    assert int(limit) >= 100


def test_databases_are_fresh_and_dropped(postgres_server: PostgresServer) -> None:
    with fresh_database(postgres_server.url) as first, fresh_database(postgres_server.url) as second:
        assert first != second
        with psycopg.connect(first) as connection:
            connection.execute("CREATE TABLE t (a int)")
        with psycopg.connect(second) as connection:
            assert connection.execute("SELECT to_regclass('t')").fetchone() == (None,)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(first)


def test_database_is_dropped_under_an_open_connection(postgres_server: PostgresServer) -> None:
    with fresh_database(postgres_server.url) as url:
        connection = psycopg.connect(url)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")


def test_url_is_one_that_a_user_would_write(postgres_url: str, duckdb_url: str, sqlite_url: str) -> None:
    assert postgres_url.startswith("postgres://")
    assert duckdb_url.startswith("duckdb:////")
    assert sqlite_url.startswith("sqlite:////")


@pytest.mark.faults
def test_process_keeps_what_was_committed_when_it_is_killed() -> None:
    with postgres_process(fsync=True, settings={"work_mem": "5MB"}) as process:
        with psycopg.connect(process.url) as connection:
            assert connection.execute("SHOW work_mem").fetchone() == ("5MB",)
            connection.execute("CREATE TABLE t AS SELECT 1 AS a")
            connection.commit()
            process.kill()
        process.start()
        with psycopg.connect(process.url) as connection:
            assert connection.execute("SELECT a FROM t").fetchone() == (1,)
        process.stop()
        with pytest.raises(psycopg.OperationalError, match="refused"):
            psycopg.connect(process.url)


@pytest.mark.faults
def test_standby_replays_pauses_and_takes_over() -> None:
    with postgres_process(fsync=True) as primary, postgres_standby(primary) as standby:
        standby.make_synchronous()
        ask(primary.url, "CREATE TABLE t (a int)")
        standby.catch_up()
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            ask(standby.url, "INSERT INTO t VALUES (0)")
        standby.pause()
        ask(primary.url, "INSERT INTO t VALUES (1)")
        standby.receive()
        assert ask(standby.url, "SELECT a FROM t") == []
        standby.resume()
        wait_until(lambda: ask(standby.url, "SELECT a FROM t") == [(1,)])
        ask(primary.url, "INSERT INTO t VALUES (2)")
        primary.kill()
        standby.promote()
        ask(standby.url, "INSERT INTO t VALUES (3)")  # and no standby is waited for
        assert ask(standby.url, "SELECT a FROM t ORDER BY a") == [(1,), (2,), (3,)]


def test_process_that_cannot_start_shows_its_log() -> None:
    with (
        pytest.raises(RuntimeError, match="no_such_setting"),
        postgres_process(settings={"no_such_setting": "1"}),
    ):
        pass


@pytest.mark.faults
@pytest.mark.parametrize("options", [[], ["-q"]])
def test_run_without_any_server_fails_and_says_why(options: list[str]) -> None:
    nowhere = "postgres://postgres@127.0.0.1:1/postgres"
    one_test = [f"{__file__}::test_server_answers_with_the_version_of_the_report", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *one_test],
        env=os.environ | {"HOSTSDB_TEST_POSTGRES_URL": nowhere},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert "HOSTSDB_TEST_POSTGRES_URL: OperationalError" in run.stdout
    assert "refused" in run.stdout


@pytest.mark.faults
def test_run_without_the_named_binaries_fails_and_turns_to_no_other_server(tmp_path: Path) -> None:
    one_test = [f"{__file__}::test_server_answers_with_the_version_of_the_report", "-p", "no:cacheprovider"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HOSTSDB_TEST_POSTGRES_")}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *one_test],
        env=environment | {"HOSTSDB_TEST_POSTGRES_BINARIES": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert f"binaries in {tmp_path}: RuntimeError: " in run.stdout and "has no bin/postgres" in run.stdout
