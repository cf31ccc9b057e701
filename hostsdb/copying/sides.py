"""The two databases of a copy. Errors name the database."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import ParamSpec, TypeVar

from hostsdb.database.driver import run
from hostsdb.database.missing import refuse_missing_file, refuse_missing_schema
from hostsdb.database.open import Database, open_database
from hostsdb.errors import InvalidConnectionString, MigrationFailed, StorageError
from hostsdb.operations.steps import Operation, Rows
from hostsdb.operations.steps import run as statement
from hostsdb.schema.state import refuse_unknown
from hostsdb.url import DatabaseUrl, Dialect, parse_url

P = ParamSpec("P")
T = TypeVar("T")


class Side:
    """One of the two databases.

    Arguments (and attributes):
        name: "source" or "destination".
        database: the opened database.
    """

    def __init__(self, name: str, database: Database) -> None:
        self.name = name
        self.database = database

    @property
    def dialect(self) -> Dialect:
        """The dialect of its engine."""
        return self.database.url.dialect

    def run(self, operation: Callable[P, Operation[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run an operation on it.

        Raises:
            StorageError: the operation failed; the message names the database.
        """
        with named(self.name):
            return run(self.database.engine, partial(operation, *args, **kwargs))


@contextmanager
def named(name: str) -> Iterator[None]:
    """Put the name of the database into the errors of a block."""
    try:
        yield
    except StorageError as error:
        raise StorageError(f"the {name}: {error}") from error


@contextmanager
def open_sides(source_url: str, destination_url: str) -> Iterator[tuple[Side, Side]]:
    """Open both databases, and migrate the destination to the current schema.

    Raises:
        StorageError: one of them cannot be opened, the source has no current schema, or both are the same database.
    """
    with named("source"):
        source_at = parse_url(source_url)
        refuse_missing_file(source_at)
    with named("destination"):
        destination_at = parse_url(destination_url)
    _refuse_same_file(source_at, destination_at)
    with _opened("source", source_at) as source:
        _check_schema(source)
        with _opened("destination", destination_at) as destination:
            _refuse_same_server(source, destination)
            with named("destination"):
                destination.database.initialize()
            yield source, destination


@contextmanager
def _opened(name: str, url: DatabaseUrl) -> Iterator[Side]:
    with named(name):
        database = open_database(url)
    try:
        side = Side(name, database)
        if side.dialect == "duckdb":
            side.run(statement, "set_memory_limit")
        yield side
    finally:
        database.close()


def _check_schema(source: Side) -> None:
    with named(source.name):
        refuse_missing_schema(source.database)
        state = source.database.schema_state()
        refuse_unknown(state, source.dialect)
        if state.pending:
            raise MigrationFailed("its schema is not current; run hostsdb init on it first")


def _refuse_same_file(source: DatabaseUrl, destination: DatabaseUrl) -> None:
    if source.path and os.path.exists(destination.path) and os.path.samefile(source.path, destination.path):
        raise InvalidConnectionString("the source and the destination are the same file")


def _refuse_same_server(source: Side, destination: Side) -> None:
    if source.dialect == destination.dialect == "postgres" and _identity(source) == _identity(destination):
        raise InvalidConnectionString("the source and the destination are the same database")


def _identity(side: Side) -> Rows:
    return side.run(statement, "database_identity")
