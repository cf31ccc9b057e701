"""The four results of `check`: current, pending, drift and newer. Objects of other applications are ignored."""

import secrets
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg import sql

from hostsdb.cli.commands.check import check_command
from hostsdb.cli.options import open_url
from hostsdb.schema.apply import apply_migrations
from tests.schema.commands import check, execute, initialize, run


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, for each engine."""
    return str(request.getfixturevalue(f"{request.param}_url"))


def test_current(url: str) -> None:
    initialize(url)
    nothing: dict[str, list[str]] = {
        key: [] for key in ("pending", "optional", "differences", "unknown", "compatible")
    }
    assert check(url, 0) == {"state": "current"} | nothing
    assert run(check_command, url).stdout == "the schema is current\n"


def test_pending_migrations_and_differences_from_the_applied_ones(url: str) -> None:
    with open_url(url, "nothing") as database:
        pending = database.schema_state().pending
        first = [migration for migration in pending if migration.number <= 3]
        with database.exclusive() as connection:
            apply_migrations(database.url.dialect, connection, first)
    found = check(url, 3)
    assert found["state"] == "pending" and found["differences"] == []
    assert found["pending"] == [migration.id for migration in pending[3:]]
    execute(url, "DROP INDEX idx_events_time")
    assert check(url, 3)["differences"] == ["index host_events.idx_events_time is missing"]
    lines = run(check_command, url).stdout.splitlines()
    assert f"pending  {pending[-1].id}" in lines
    assert lines[-1] == "differs  index host_events.idx_events_time is missing"


def test_an_applied_file_was_edited(url: str) -> None:
    initialize(url)
    execute(url, "UPDATE _yoyo_log SET comment = 'sha256:00' WHERE migration_id = '0002_positions'")
    assert check(url, 4)["differences"] == [
        "migration 0002_positions was applied from a file with another content"
    ]
    # The command yoyo records no checksum.
    execute(url, "UPDATE _yoyo_log SET comment = NULL WHERE migration_id = '0002_positions'")
    check(url, 0)


def test_objects_of_another_application_are_no_drift(url: str) -> None:
    initialize(url)
    execute(
        url, "CREATE TABLE mine (a INTEGER PRIMARY KEY, b TEXT); CREATE VIEW my_view AS SELECT a FROM mine"
    )
    execute(url, "CREATE INDEX my_index ON mine (b); CREATE INDEX my_names ON host_events (hostname)")
    check(url, 0)


def test_newer_than_this_package(url: str) -> None:
    initialize(url)
    execute(url, "INSERT INTO _yoyo_migration (migration_hash, migration_id) VALUES ('x', '0099_future')")
    execute(url, "DROP INDEX idx_events_time")
    found = check(url, 5)
    assert (found["state"], found["differences"], found["unknown"]) == ("newer", [], ["0099_future"])


@pytest.fixture
def reader_url(postgres_url: str) -> Iterator[str]:
    """The URL of the database for a role that has only SELECT."""
    name, password = f"reader_{secrets.token_hex(8)}", secrets.token_hex(8)
    role = sql.Identifier(name)
    initialize(postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, password))
        owner.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}").format(role))
        parts = urlsplit(postgres_url)
        yield parts._replace(netloc=f"{name}:{password}@{parts.netloc.rpartition('@')[2]}").geturl()
        owner.execute(sql.SQL("DROP OWNED BY {}").format(role))
        owner.execute(sql.SQL("DROP ROLE {}").format(role))


def test_a_role_that_may_only_select_can_check(reader_url: str, postgres_url: str) -> None:
    check(reader_url, 0)
    execute(postgres_url, "DROP INDEX idx_events_time")
    assert check(reader_url, 4)["differences"] == ["index host_events.idx_events_time is missing"]


@pytest.mark.parametrize(
    "options",
    [
        "-c search_path=app",
        r'-c search_path="My\ App"',
        "-c TimeZone=Asia/Tokyo -c DateStyle=German",
        "-c quote_all_identifiers=on -c IntervalStyle=iso_8601 -c extra_float_digits=0",
    ],
)
def test_the_name_of_the_schema_and_the_session_make_no_difference(postgres_url: str, options: str) -> None:
    execute(postgres_url, 'CREATE SCHEMA app; CREATE SCHEMA "My App"')
    url = f"{postgres_url}?options={quote(options)}"
    initialize(url)
    check(url, 0)
