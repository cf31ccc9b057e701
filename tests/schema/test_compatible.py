"""A database with a newer migration: refused, unless the migration says that an earlier hostsdb can live with it."""

import asyncio
import json

import pytest

import hostsdb
from hostsdb.cli.commands.check import adopt_command, check_command
from hostsdb.cli.commands.schema import init_command, rollback_command, status_command
from hostsdb.cli.commands.verify import rebuild_command, verify_command
from tests.schema.commands import check, execute, initialize, run

LATER = "0099_later"
RECORD = f"INSERT INTO _yoyo_migration (migration_hash, migration_id) VALUES ('x', '{LATER}')"
COMPATIBLE = (
    "CREATE TABLE IF NOT EXISTS compatible_migrations (migration_id TEXT PRIMARY KEY);"
    f"INSERT INTO compatible_migrations (migration_id) VALUES ('{LATER}')"
)


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a database with a migration that this hostsdb does not have, for each engine."""
    url = str(request.getfixturevalue(f"{request.param}_url"))
    initialize(url)
    execute(url, RECORD)
    return url


def test_a_newer_migration_is_refused(url: str) -> None:
    with pytest.raises(hostsdb.MigrationFailed, match=f"it has {LATER}; install a newer hostsdb"):
        hostsdb.connect(url)
    found = check(url, 5)
    assert (found["state"], found["unknown"], found["compatible"]) == ("newer", [LATER], [])
    assert f"unknown  {LATER}  newer than this hostsdb\n" in run(check_command, url).stdout


def test_a_compatible_migration_is_accepted(url: str) -> None:
    execute(url, COMPATIBLE)
    with hostsdb.connect(url) as storage:
        host = storage.add_host("10.0.0.1", "nas.lan")
        storage.update_host(host.id, comment="disks")
        assert [entry.comment for entry in storage.list_all()] == ["disks"]
    assert run(verify_command, url).exit_code == 0
    assert run(init_command, url).stdout == "the schema is current\n"
    status = run(status_command, url)
    assert f"applied  {LATER}" in status.stdout and "hostsdb, which works with it" in status.stdout
    assert json.loads(run(status_command, url, "--json").stdout)["compatible"] == [LATER]


def test_a_compatible_migration_is_accepted_by_asyncio(url: str) -> None:
    async def read() -> list[hostsdb.HostEntry]:
        async with await hostsdb.connect_async(url) as storage:
            return await storage.list_all()

    execute(url, COMPATIBLE)
    assert asyncio.run(read()) == []


def test_check_says_that_the_database_is_newer(url: str) -> None:
    execute(url, COMPATIBLE + "; ALTER TABLE snapshots ADD COLUMN extra TEXT")
    found = check(url, 5)
    assert (found["state"], found["unknown"], found["compatible"]) == ("newer", [], [LATER])
    assert found["differences"] == []
    line = f"unknown  {LATER}  newer than this hostsdb, which works with it\n"
    assert run(check_command, url).stdout == line


@pytest.mark.parametrize(
    ("command", "arguments"), [(rollback_command, ["--to", "4"]), (rebuild_command, []), (adopt_command, [])]
)
def test_what_must_know_every_migration_is_refused(url: str, command: object, arguments: list[str]) -> None:
    execute(url, COMPATIBLE)
    done = run(command, url, *arguments)  # type: ignore[arg-type]
    assert done.exit_code == 1 and isinstance(done.exception, hostsdb.MigrationFailed)
    assert f"it has {LATER}; run" in str(done.exception)


def test_one_of_two_newer_migrations_is_compatible(url: str) -> None:
    execute(url, COMPATIBLE)
    execute(url, RECORD.replace(LATER, "0098_breaking").replace("'x'", "'y'"))
    with pytest.raises(hostsdb.MigrationFailed, match="it has 0098_breaking; install a newer hostsdb"):
        hostsdb.connect(url)
