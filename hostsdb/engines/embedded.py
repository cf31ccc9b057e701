"""What the embedded engines share: one connection, used by one operation at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from hostsdb.errors import ConnectionFailed, QueryFailed
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.url import Dialect

CHECKED_OUT = (
    "this engine has one connection, and the block of consuming() uses it; "
    "use batch.connection, or leave the block first"
)


class EmbeddedConnection(Protocol):
    """The connection of an embedded engine."""

    dialect: Dialect

    @property
    def raw(self) -> Any:
        """The connection of sqlite3 or duckdb."""

    def perform(self, step: Statement | Load) -> Rows:
        """Run a step and return its rows."""

    def prepare_write(self) -> None:
        """Prepare for writes through `raw`."""

    def reset(self) -> None:
        """Roll back an unfinished transaction."""

    def interrupt(self) -> None:
        """Cancel the running statement, from another thread."""

    def close(self) -> None:
        """Close the file."""


class EmbeddedEngine:
    """One connection for all threads. These engines allow one writer at a time."""

    retry_timeout = 0.0  # there is no server

    def __init__(self, connection: EmbeddedConnection) -> None:
        self._connection = connection
        self._closed = False
        self._lock = threading.Lock()
        self._holder: int | None = None
        self.dialect = connection.dialect

    @contextmanager
    def connection(self, deadline: float | None = None) -> Iterator[EmbeddedConnection]:
        """Give the connection. Roll back an unfinished transaction afterwards."""
        if self._holder == threading.get_ident():
            raise QueryFailed(CHECKED_OUT)
        with self._lock:
            if self._closed:
                raise ConnectionFailed("this storage is closed; connect again")
            self._holder = threading.get_ident()
            try:
                yield self._connection
            finally:
                self._holder = None
                self._connection.reset()

    @contextmanager
    def exclusive(self) -> Iterator[Any]:
        """Give the driver's connection, for work on the schema."""
        with self.connection() as connection:
            connection.prepare_write()
            yield connection.raw

    def close(self) -> None:
        """Close the connection, after the running operation."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._connection.close()
