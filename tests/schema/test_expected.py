"""The expected catalogue is what the migrations make, and a comparison reports the differences."""

import json
import re

import pytest

from hostsdb.cli.commands.check import adopt_command
from hostsdb.cli.options import open_url
from hostsdb.rows import ENTRY_COLUMNS
from hostsdb.schema.apply import apply_migrations
from hostsdb.schema.differences import differences
from hostsdb.url import Dialect
from tests.schema.commands import check, execute, run
from tools.generate_schema import FILE, expected_file


def test_the_file_is_what_the_migrations_make(postgres_url: str) -> None:
    assert expected_file(postgres_url) == FILE.read_text("utf-8"), "run: make schema"


def test_a_file_written_by_an_older_server_has_the_current_native_view() -> None:
    """Only PostgreSQL 19 writes this entry; `make schema` on an older server keeps what was there."""
    changed = json.loads(FILE.read_text("utf-8"))
    view = " ".join(changed["0004_native_view"]["view host_entries_current"])
    columns = [name.strip() for name in view.removeprefix("SELECT").split(" FROM ")[0].split(",")]
    assert columns == list(ENTRY_COLUMNS), "run make schema with a server of PostgreSQL 19"


@pytest.mark.parametrize("dialect", ["postgres", "duckdb", "sqlite"])
def test_a_database_is_compared_with_its_applied_migrations(
    request: pytest.FixtureRequest, dialect: Dialect
) -> None:
    url = request.getfixturevalue(f"{dialect}_url")
    with open_url(url, "nothing") as database:
        migrations = database.schema_state().migrations
    for number, migration in enumerate(migrations, 1):
        with open_url(url, "nothing") as database, database.exclusive() as connection:
            apply_migrations(dialect, connection, [migration])
        found = check(url, 0 if number == len(migrations) else 3)
        missing = len(found["pending"]) + len(found["optional"])
        assert found["differences"] == [] and missing == len(migrations) - number


def test_a_migration_that_is_not_recorded_is_pending_and_no_difference(sqlite_url: str) -> None:
    with open_url(sqlite_url, "nothing") as database:
        database.initialize()
    execute(sqlite_url, "DELETE FROM _yoyo_migration WHERE migration_id = '0002_positions'")
    found = check(sqlite_url, 3)
    assert (found["pending"], found["differences"]) == (["0002_positions"], [])


@pytest.mark.parametrize("dialect", ["postgres", "duckdb", "sqlite"])
def test_line_ends_and_indentation_are_no_difference(
    request: pytest.FixtureRequest, dialect: Dialect
) -> None:
    url = request.getfixturevalue(f"{dialect}_url")
    with open_url(url, "nothing") as database:
        texts = [migration.file.read_text("utf-8") for migration in database.schema_state().migrations]
    execute(url, re.sub(r"\n( *)", r"\r\n\1\1", "\n".join(texts)))
    adopted = run(adopt_command, url)
    assert adopted.exit_code == 0, adopted.output
    check(url, 0)


def test_a_difference_is_described() -> None:
    long = "CREATE VIEW v AS SELECT " + ", ".join(f"column_{i}" for i in range(30))
    expected = {"table t": "", "column t.a": "text", "index i": "i ON t (a)", "view v": long}
    assert differences(expected, dict(expected)) == []
    actual = expected | {"column t.a": "integer", "view v": long.replace("column_7,", "lower(column_7),")}
    assert differences(expected, actual) == [
        "column t.a has `integer`, expected `text`",
        "view v differs: has `lower(column_7),`, expected `column_7,`",
    ]


def test_white_space_is_no_difference() -> None:
    assert differences({"view v": "SELECT a\n  FROM t"}, {"view v": "SELECT  a\r\nFROM t\r\n"}) == []


def test_the_parts_of_a_missing_table_are_not_reported() -> None:
    expected = {"column t.a": "text", "constraint t.c": "CHECK (a)", "table t": "", "trigger t.g": "g"}
    assert differences(expected, {}) == ["table t is missing"]


def test_only_parts_of_our_objects_can_be_in_no_migration() -> None:
    actual = {
        "table t": "",
        "index t.i": "",
        "view v": "",
        "table u": "",
        "column u.a": "",
        "trigger u.g": "",
    }
    assert differences({"table t": ""}, actual) == []
    parts = [
        "column t.a",
        "constraint t.c",
        "grant schema.CREATE to PUBLIC",
        "policy t.p",
        "rule t.r",
        "trigger t.g",
    ]
    assert differences({"table t": ""}, actual | dict.fromkeys(parts, "")) == [
        f"{part} is in no migration" for part in parts
    ]


def test_only_a_unique_index_can_be_in_no_migration() -> None:
    actual = {
        "table t": "",
        "index t.plain": "CREATE INDEX plain",
        "index t.unique": "CREATE UNIQUE INDEX unique",
    }
    assert differences({"table t": ""}, actual) == ["index t.unique is in no migration"]


def test_the_owner_of_most_objects_is_the_owner() -> None:
    expected = {"table a": "", "view b": "", "function c()": ""}
    owners = {
        "owner table a": "ann",
        "owner view b": "ann",
        "owner function c()": "bob",
        "owner table d": "bob",
    }
    assert differences(expected, expected | owners) == [
        "function c() belongs to bob, most other objects to ann"
    ]
