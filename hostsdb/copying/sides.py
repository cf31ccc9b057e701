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
from hostsdb.engines.embedded import EmbeddedEngine
from hostsdb.errors import (
    ConnectionFailed,
    InvalidConnectionString,
    InvalidData,
    MigrationFailed,
    QueryFailed,
    StorageError,
)
from hostsdb.operations.steps import Operation, Rows
from hostsdb.operations.steps import run as statement
from hostsdb.schema.state import refuse_unknown
from hostsdb.url import DatabaseUrl, Dialect, parse_url

P = ParamSpec("P")
T = TypeVar("T")


class Side:
    """One of the two databases. It is opened when it is used.

    Arguments (and attributes):
        name: "source" or "destination".
        url: its URL.
    """

    def __init__(self, name: str, url: DatabaseUrl) -> None:
        self.name = name
        self.url = url
        self._database: Database | None = None

    @property
    def database(self) -> Database:
        """The opened database.

        Raises:
            StorageError: it cannot be opened; the message names it.
        """
        if self._database is None:
            with named(self.name):
                self._database = open_database(self.url)
            if self.dialect == "duckdb":
                self.run(statement, "set_memory_limit")
        return self._database

    def close(self) -> None:
        """Close it. The next use opens it again."""
        database, self._database = self._database, None
        if database is not None:
            database.close()

    def interrupt(self) -> None:
        """Cancel the running statement of an embedded engine, from another thread."""
        if self._database is not None and isinstance(self._database.engine, EmbeddedEngine):
            self._database.engine.interrupt()

    @property
    def dialect(self) -> Dialect:
        """The dialect of its engine."""
        return self.url.dialect

    def run(self, operation: Callable[P, Operation[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run an operation on it.

        Raises:
            StorageError: the operation failed; the message names the database.
        """
        engine = self.database.engine
        with named(self.name):
            return run(engine, partial(operation, *args, **kwargs))


@contextmanager
def named(name: str) -> Iterator[None]:
    """Put the name of the database into the errors of a block."""
    try:
        yield
    except StorageError as error:
        raise _kind(error)(f"the {name}: {error}") from error


def _kind(error: StorageError) -> Callable[[str], StorageError]:
    if isinstance(error, InvalidData):
        return type(error)
    return next((kind for kind in (ConnectionFailed, QueryFailed) if isinstance(error, kind)), StorageError)


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
    source, destination = Side("source", source_at), Side("destination", destination_at)
    try:
        _check_schema(source)
        _refuse_same_server(source, destination)
        database = destination.database
        with named("destination"):
            database.initialize()
        yield source, destination
    finally:
        destination.close()
        source.close()


def _check_schema(source: Side) -> None:
    database = source.database
    with named(source.name):
        refuse_missing_schema(database)
        state = database.schema_state()
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
