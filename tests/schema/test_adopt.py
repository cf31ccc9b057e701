"""`adopt` records a schema that was made by hand, and only one that does not differ."""

import pytest

from hostsdb.cli.commands.check import adopt_command
from hostsdb.cli.commands.schema import init_command
from hostsdb.cli.options import open_url
from tests.schema.commands import check, execute, run
from tools.generate_schema import by_hand


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def url(request: pytest.FixtureRequest) -> str:
    """An empty database of each engine in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))


def made_by_hand(url: str) -> list[str]:
    with open_url(url) as database:
        return [migration.id for migration in by_hand(database)]


def test_adopt_a_schema_that_was_made_by_hand(url: str) -> None:
    made = made_by_hand(url)
    done = run(adopt_command, url)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [f"adopted {id}" for id in made]
    assert run(init_command, url).stdout == "the schema is current\n"
    assert run(adopt_command, url).stdout == "the schema is current\n"
    check(url, 0)
    with open_url(url) as database, database.exclusive() as connection:
        log = connection.execute("SELECT operation, comment FROM _yoyo_log").fetchall()
    assert len(log) == len(made) and all(o == "mark" and c.startswith("sha256:") for o, c in log)


def test_adopt_records_nothing_when_something_differs(url: str) -> None:
    made = made_by_hand(url)
    execute(url, "DROP INDEX idx_events_time")
    done = run(adopt_command, url)
    assert done.exit_code == 4
    assert done.stdout == "differs  index idx_events_time is missing\n"
    assert "nothing was recorded" in done.stderr
    with open_url(url) as database:
        state = database.schema_state()
    assert not state.applied and [migration.id for migration in state.pending] == made


def test_adopt_says_what_an_empty_database_lacks(url: str) -> None:
    done = run(adopt_command, url)
    assert done.exit_code == 4
    assert "differs  table host_events is missing" in done.stdout.splitlines()
    assert "column" not in done.stdout
