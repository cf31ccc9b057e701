"""init, sql and rollback: their results, and their errors."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess

import duckdb
import psycopg
import pytest

import hostsdb
from hostsdb.schema.files import migrations_for
from hostsdb.sql_files import load_text
from tests.support.command import hostsdb_command

ENGINES = ["postgres", "duckdb", "sqlite"]


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


def command(url: str, *arguments: str, exit_code: int = 0) -> CompletedProcess[str]:
    done = hostsdb_command(*arguments, HOSTSDB_URL=url)
    assert done.returncode == exit_code, done.stderr
    return done


def run_by_hand(url: str, script: str) -> None:
    """Run a script as a DBA does."""
    path = url.split("://", 1)[1].removeprefix("/")
    if url.startswith("postgres"):
        with psycopg.connect(url) as server:  # one transaction, as psql -1
            server.execute(script.encode())
    elif url.startswith("sqlite"):
        with closing(sqlite3.connect(path)) as file:
            file.executescript(script)
    else:
        with duckdb.connect(path) as embedded:
            embedded.execute(script)


def printed_script(url: str, *options: str) -> str:
    """Return the script for an empty database. The file of an embedded engine is still missing."""
    if not url.startswith("postgres"):
        options = ("--dialect", url.partition(":")[0], *options)
    return command(url, "sql", *options).stdout


def test_the_printed_script_does_what_init_does(url: str) -> None:
    script = printed_script(url)
    run_by_hand(url, script)
    assert command(url, "init").stdout == "the schema is current\n"
    assert command(url, "sql").stdout == "-- the schema is current\n"
    with hostsdb.connect(url) as storage:
        assert storage.add_host("10.0.0.1", "a").hostname == "a"


def test_the_script_in_two_parts(url: str) -> None:
    run_by_hand(url, printed_script(url, "--to", "2"))
    rest = command(url, "sql", "--from", "3").stdout
    assert "0002_positions" not in rest.replace("-- depends: 0002_positions", "")
    run_by_hand(url, rest)
    assert command(url, "init").stdout == "the schema is current\n"


@pytest.mark.parametrize("dialect", ENGINES)
def test_the_script_needs_no_database(dialect: str) -> None:
    script = command("postgres://nobody@127.0.0.1:1/none", "sql", "--dialect", dialect).stdout
    assert "INSERT INTO _yoyo_migration" in script and "0005_snapshots" in script


def test_the_script_for_an_older_server_has_no_newer_syntax() -> None:
    old = hostsdb_command("sql", "--dialect", "postgres", "--server-version", "18").stdout
    new = hostsdb_command("sql", "--dialect", "postgres", "--server-version", "19").stdout
    assert "IGNORE NULLS OVER" not in old and "IGNORE NULLS OVER" in new


def test_rollback_asks_before_it_drops_data(url: str) -> None:
    with hostsdb.connect(url) as storage:
        storage.add_host("10.0.0.1", "a")
        storage.create_snapshot()
    asked = command(url, "rollback", "--to", "0", exit_code=2).stderr
    assert "1 events, 1 snapshots would be lost" in asked
    asked = command(url, "rollback", "--to", "4", exit_code=2).stderr
    assert "1 snapshots would be lost" in asked
    done = command(url, "rollback", "--to", "0", "--yes")
    assert done.stdout.splitlines()[-1] == "undid 0001_host_events"
    command(url, "init")
    with hostsdb.connect(url) as storage:
        assert storage.list_all() == []


def test_a_newer_database_is_refused(url: str) -> None:
    with hostsdb.connect(url):
        pass
    run_by_hand(url, "INSERT INTO _yoyo_migration (migration_hash, migration_id) VALUES ('x', '0099_later')")
    with pytest.raises(hostsdb.MigrationFailed, match="0099_later; install a newer hostsdb"):
        hostsdb.connect(url)


def test_a_migration_that_fails_leaves_nothing(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE FUNCTION ulid_time(ulid text) RETURNS bigint RETURN 1")
        with pytest.raises(hostsdb.MigrationFailed, match="0003_host_entries failed and was rolled back"):
            hostsdb.connect(postgres_url)
        connection.execute("DROP FUNCTION ulid_time")
        applied = connection.execute("SELECT migration_id FROM _yoyo_migration ORDER BY 1").fetchall()
        assert applied == [("0001_host_events",), ("0002_positions",)]
    with hostsdb.connect(postgres_url) as storage:
        assert storage.initialize() == []


def test_the_error_names_the_holder_of_the_lock(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, application_name="slow migration") as holder:
        holder.execute(load_text("postgres", "lock_migrations"))
        before = time.monotonic()
        done = command(postgres_url, "init", "--lock-timeout", "0.5", exit_code=1)
        assert time.monotonic() - before < 20
        assert f"server process {holder.info.backend_pid}, slow migration" in done.stderr


def test_init_waits_for_a_writer_of_the_file_until_its_timeout(sqlite_url: str) -> None:
    writer = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    writer.execute("CREATE TABLE mine (x)")
    writer.execute("BEGIN IMMEDIATE")
    done = command(sqlite_url, "init", "--lock-timeout", "0.5", exit_code=1)
    assert "another process is writing to this file; waited 0.5 s" in done.stderr
    writer.execute("ROLLBACK")
    writer.close()
    command(sqlite_url, "init")


def test_the_error_for_a_role_without_rights_says_what_to_do(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        role = f"limited_{os.getpid()}"
        connection.execute(f"DROP ROLE IF EXISTS {role}")
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'limited'")
        try:
            limited = psycopg.conninfo.conninfo_to_dict(postgres_url) | {"user": role, "password": "limited"}
            host, port, name = limited["host"], limited["port"], limited["dbname"]
            limited_url = f"postgres://{role}:limited@{host}:{port}/{name}"
            done = command(limited_url, "init", exit_code=1)
            assert "may not apply it" in done.stderr and "hostsdb sql | psql -1" in done.stderr
            hostsdb.connect(postgres_url).close()
            connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
            assert command(limited_url, "init").stdout == "the schema is current\n"
            command(limited_url, "status")
            with hostsdb.connect(limited_url) as storage:
                assert storage.list_all() == []
        finally:
            connection.execute(f"DROP OWNED BY {role}")
            connection.execute(f"DROP ROLE {role}")


def test_rollback_asks_about_each_table_that_cannot_be_rebuilt() -> None:
    derived = {"host_entries", "log_epoch", "log_head", "refusals", "erased_events"}
    derived |= {"replica_of", "compatible_migrations"}  # marks, which the next init or copy sets again
    from hostsdb.cli.commands.schema import _COUNTED

    for dialect in ("postgres", "duckdb", "sqlite"):
        for migration in migrations_for(dialect, 19 if dialect == "postgres" else 0):
            for line in Path(str(migration.rollback)).read_text().splitlines():
                if line.startswith("DROP TABLE"):
                    table = line.removeprefix("DROP TABLE").strip(" ;")
                    assert table in derived | set(_COUNTED), (
                        f"{dialect}: rollback does not ask before it drops {table}"
                    )


THEIRS = "CREATE TABLE {} (id INTEGER)"


@pytest.mark.parametrize("names", [["snapshots"], ["Snapshots", "consumers"], ["host_events"]])
def test_tables_of_another_application(url: str, names: list[str]) -> None:
    run_by_hand(url, ";".join(THEIRS.format(name) for name in names) + ";")
    for _ in range(2):  # the first one has changed nothing
        error = command(url, "init", exit_code=1).stderr
        taken = ", ".join(sorted(name.lower() for name in names))
        assert f"names that hostsdb uses: {taken}; nothing was changed; give hostsdb a" in error
        assert ("hostsdb adopt" in error) is (names == ["host_events"])
    if url.startswith("postgres"):
        run_by_hand(url, "CREATE SCHEMA hostsdb;")
        hostsdb_command(f"{url}?options=-csearch_path%3Dhostsdb", "init")
        with hostsdb.connect(f"{url}?options=-csearch_path%3Dhostsdb") as storage:
            storage.add_host("10.0.0.1", "a.lan")


def test_yoyo_of_another_application(url: str) -> None:
    yoyo = load_text("postgres", "bookkeeping")
    record = "INSERT INTO _yoyo_migration (migration_hash, migration_id) VALUES ('x', '0001_users');"
    run_by_hand(url, f"{yoyo}\n{record}")
    error = command(url, "init", exit_code=1).stderr
    assert "belong to another application, which has applied 0001_users; nothing was changed; give" in error
    with pytest.raises(hostsdb.MigrationFailed, match="another application"):
        hostsdb.connect(url).close()
