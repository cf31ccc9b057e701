"""The catalogue of a database, and the catalogue that the migrations make."""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import closing
from importlib import import_module
from importlib.resources import files
from typing import Any

from hostsdb.operations.steps import Operation, Statement, run
from hostsdb.schema.differences import Catalogue
from hostsdb.schema.files import FEATURES, Migration, migrations_for
from hostsdb.sql_files import load_text
from hostsdb.url import Dialect

# The table that always has one row. A dump of the schema alone lacks the row.
SINGLETONS: dict[Dialect, str] = {"postgres": "log_epoch", "duckdb": "log_head"}


def actual_catalogue(dialect: Dialect) -> Operation[Catalogue]:
    """Return the catalogue of the schema, with the objects of other applications; uses only SELECT."""
    rows = yield from run("catalogue")
    if dialect == "postgres":
        rows = [*rows, *(yield from run("catalogue_access"))]
    catalogue = {f"{kind} {name}": str(definition) for kind, name, definition in rows}
    singleton = SINGLETONS.get(dialect)
    if f"table {singleton}" in catalogue:
        ((count,),) = yield from run("count_singleton")
        catalogue[f"rows {singleton}.count"] = str(count)
    return catalogue


def expected_catalogue(dialect: Dialect, migrations: Collection[str]) -> Catalogue:
    """Return the catalogue of a new database with these migrations.

    PostgreSQL's is read from a file: a check has no second server, and may need no right to create a schema.

    Arguments:
        dialect: the engine.
        migrations: the ids of the migrations that are applied.
    """
    if dialect == "postgres":
        return _expected_from_file(migrations)
    known = migrations_for(dialect, features=FEATURES)
    last = max((m.number for m in known if m.id in migrations and m.feature is None), default=0)
    driver: Any = import_module("sqlite3" if dialect == "sqlite" else "duckdb")
    with closing(driver.connect(":memory:")) as connection:
        for migration in known:
            if migration.id in migrations if migration.feature else migration.number <= last:
                run_file(dialect, connection, migration)
        return catalogue_on(dialect, connection)


def catalogue_on(dialect: Dialect, connection: Any) -> Catalogue:
    """Return the catalogue that a driver's connection sees."""
    steps = actual_catalogue(dialect)
    try:
        step = next(steps)
        while True:
            assert isinstance(step, Statement)
            step = steps.send(connection.execute(load_text(dialect, step.name)).fetchall())
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]


def run_file(dialect: Dialect, connection: Any, migration: Migration) -> None:
    """Run a migration as a DBA would run its file: without a record in yoyo's tables."""
    run_script = connection.executescript if dialect == "sqlite" else connection.execute
    run_script(migration.file.read_text("utf-8"))


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
