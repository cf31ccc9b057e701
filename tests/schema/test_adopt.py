"""`adopt` records a schema that was created by hand, if it does not differ."""

import pytest

import hostsdb
from hostsdb.cli.commands.check import adopt_command
from hostsdb.cli.commands.schema import init_command
from hostsdb.cli.options import open_url
from hostsdb.schema.catalogue import run_file
from tests.schema.commands import check, execute, run


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, for each engine."""
    return str(request.getfixturevalue(f"{request.param}_url"))


def create_by_hand(url: str) -> list[str]:
    """Run all migration files as a DBA does, and return their ids."""
    with open_url(url, "nothing") as database:
        migrations = database.schema_state().migrations
        with database.exclusive() as connection:
            for migration in migrations:
                run_file(database.url.dialect, connection, migration)
    return [migration.id for migration in migrations]


def test_adopt_a_schema_that_was_created_by_hand(url: str) -> None:
    ids = create_by_hand(url)
    done = run(adopt_command, url)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [f"adopted {id}" for id in ids]
    assert run(init_command, url).stdout == "the schema is current\n"
    assert run(adopt_command, url).stdout == "the schema is current\n"
    check(url, 0)
    with open_url(url, "nothing") as database, database.exclusive() as connection:
        log = connection.execute("SELECT operation, comment FROM _yoyo_log").fetchall()
    assert len(log) == len(ids) and all(o == "mark" and c.startswith("sha256:") for o, c in log)


def test_adopt_records_nothing_when_something_differs(url: str) -> None:
    ids = create_by_hand(url)
    execute(url, "DROP INDEX idx_events_time")
    done = run(adopt_command, url)
    assert done.exit_code == 4
    assert done.stdout == "differs  index host_events.idx_events_time is missing\n"
    assert "nothing was recorded" in done.stderr
    with open_url(url, "nothing") as database:
        state = database.schema_state()
    missing = [migration.id for migration in (*state.pending, *state.optional)]
    assert not state.applied and sorted(missing) == sorted(ids)


def test_adopt_adds_the_row_that_a_dump_of_the_schema_lacks(postgres_url: str) -> None:
    ids = create_by_hand(postgres_url)
    execute(postgres_url, "DELETE FROM log_epoch")
    assert run(adopt_command, postgres_url).stdout.splitlines() == [f"adopted {id}" for id in ids]
    check(postgres_url, 0)
    with hostsdb.connect(postgres_url) as storage:
        assert storage.add_host("10.0.0.1", "a").hostname == "a"


def test_adopt_reports_the_missing_tables(url: str) -> None:
    execute(url, "CREATE TABLE host_events (event_id text)")
    done = run(adopt_command, url)
    assert done.exit_code == 4
    assert "differs  table host_entries is missing" in done.stdout.splitlines()
    assert "differs  column host_entries" not in done.stdout
