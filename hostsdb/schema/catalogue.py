"""The catalogue of a database, the catalogue that the migrations make, and how the two differ."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from difflib import SequenceMatcher
from importlib import import_module
from importlib.resources import files
from typing import Any

from hostsdb.errors import escaped
from hostsdb.operations.steps import Operation, Rows, run
from hostsdb.schema.files import Migration, migrations_for
from hostsdb.sql_files import load_text
from hostsdb.url import Dialect

# The key is an object's kind and name, for example "index idx_events_time"; the value is its definition.
# The name of a part of a table begins with the table's name: "column host_events.comment".
Catalogue = Mapping[str, str]

# These kinds are compared in both directions: an object of our tables that no migration makes is a difference.
_CLOSED_KINDS = ("column", "constraint")

_MOST_SHOWN = 100  # characters of a definition in a message


def actual_catalogue() -> Operation[Catalogue]:
    """Return the catalogue of the schema, with the objects of other applications; uses only SELECT."""
    return _catalogue((yield from run("catalogue")))


def expected_catalogue(dialect: Dialect, migrations: Collection[str]) -> Catalogue:
    """Return the catalogue of a new database with these migrations.

    PostgreSQL's is read from a file: a check has no second server, and may need no right to create a schema.

    Arguments:
        dialect: the engine.
        migrations: the ids of the migrations that are applied.
    """
    if dialect == "postgres":
        return _expected_from_file(migrations)
    known = migrations_for(dialect)
    last = max((migration.number for migration in known if migration.id in migrations), default=0)
    driver: Any = import_module("sqlite3" if dialect == "sqlite" else "duckdb")
    with closing(driver.connect(":memory:")) as connection:
        for migration in known:
            if migration.number <= last:
                run_file(dialect, connection, migration)
        return _catalogue(connection.execute(load_text(dialect, "catalogue")).fetchall())


def run_file(dialect: Dialect, connection: Any, migration: Migration) -> None:
    """Run a migration as a DBA would run its file: without a record in yoyo's tables."""
    run_script = connection.executescript if dialect == "sqlite" else connection.execute
    run_script(migration.file.read_text("utf-8"))


def _catalogue(rows: Rows) -> Catalogue:
    return {f"{kind} {name}": definition for kind, name, definition in rows}


def _expected_from_file(migrations: Collection[str]) -> Catalogue:
    expected: dict[str, str | list[str] | None] = {}
    for migration, changes in read_expected().items():
        if migration in migrations:
            expected |= changes
    return {
        name: definition if isinstance(definition, str) else "\n".join(definition)
        for name, definition in expected.items()
        if definition is not None
    }


def read_expected() -> dict[str, dict[str, str | list[str] | None]]:
    """Return how each migration changes PostgreSQL's catalogue: new definitions, None for a dropped object.

    A long definition is a list of lines, so that the file is readable. `make schema` writes the file.
    """
    file = files("hostsdb.schema") / "expected" / "postgres.json"
    return json.loads(file.read_text("utf-8"))  # type: ignore[no-any-return]


def differences(expected: Catalogue, actual: Catalogue) -> list[str]:
    """Return a line for each object of our schema that is missing or differs.

    Differences in white space are ignored. Other applications may keep objects in the same schema.
    """
    return [*_missing_or_different(expected, actual), *_added(expected, actual)]


def _missing_or_different(expected: Catalogue, actual: Catalogue) -> Iterator[str]:
    for name, definition in expected.items():
        if name in actual:
            expected_words, actual_words = definition.split(), actual[name].split()
            if expected_words != actual_words:
                yield f"{name} {_describe(expected_words, actual_words)}"
        elif _table_of(name) not in expected.keys() - actual.keys():
            yield f"{name} is missing"


def _added(expected: Catalogue, actual: Catalogue) -> Iterator[str]:
    for name in sorted(actual.keys() - expected.keys()):
        if name.split(" ", 1)[0] in _CLOSED_KINDS and _table_of(name) in expected:
            yield f"{name} is in no migration"


def _table_of(name: str) -> str:
    """Return the catalogue's name of the table that an object is a part of; "" if it is no part of a table."""
    table, dot, _ = name.split(" ", 1)[1].partition(".")
    return f"table {table}" if dot else ""


def _describe(expected: list[str], actual: list[str]) -> str:
    """Return how two definitions differ: both definitions if they are short, else the first difference."""
    if max(len(" ".join(expected)), len(" ".join(actual))) <= _MOST_SHOWN:
        return f"has {_shown(actual)}, expected {_shown(expected)}"
    steps = SequenceMatcher(None, expected, actual, autojunk=False).get_opcodes()
    _, start, end, actual_start, actual_end = next(step for step in steps if step[0] != "equal")
    return f"differs: has {_shown(actual[actual_start:actual_end])}, expected {_shown(expected[start:end])}"


def _shown(words: list[str]) -> str:
    return f"`{escaped(' '.join(words), _MOST_SHOWN)}`" if words else "nothing"
