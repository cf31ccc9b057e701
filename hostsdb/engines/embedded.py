"""What the embedded engines share: one connection, used by one operation at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hostsdb.errors import ConnectionFailed, QueryFailed
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.url import Dialect

CHECKED_OUT = (
    "this engine has one connection, and the block of consuming() uses it; "
    "use batch.connection, or leave the block first"
)


class EmbeddedConnection:
    """The connection of an embedded engine.

    Attributes:
        dialect: the dialect of the engine.
        raw: the connection of sqlite3 or duckdb.
    """

    dialect: Dialect
    raw: Any

    def perform(self, step: Statement | Load) -> Rows:
        """Run a step and return its rows; see operations.steps."""
        raise NotImplementedError

    def prepare_write(self) -> None:
        """Prepare for writes through `raw`."""

    def reset(self) -> None:
        """Roll back an unfinished transaction."""
        raise NotImplementedError

    def interrupt(self) -> None:
        """Cancel the running statement, from another thread."""
        self.raw.interrupt()

    def close(self) -> None:
        """Close the file."""
        self.raw.close()


class EmbeddedEngine:
    """One connection for all threads. These engines allow one writer at a time."""

    retry_timeout = 0.0  # there is no server

    def __init__(self, connection: EmbeddedConnection) -> None:
        self._connection = connection
        self.closed = False
        self._lock = threading.Lock()
        self._holder: int | None = None

    @contextmanager
    def connection(self, deadline: float | None = None) -> Iterator[EmbeddedConnection]:
        """Give the connection. Roll back an unfinished transaction afterwards."""
        if self._holder == threading.get_ident():
            raise QueryFailed(CHECKED_OUT)
        with self._lock:
            self.check_open()
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

    def check_open(self) -> None:
        """Raise ConnectionFailed if the connection is closed."""
        if self.closed:
            raise ConnectionFailed("this storage is closed; connect again")

    def close(self) -> None:
        """Close the connection, after the running operation."""
        with self._lock:
            if not self.closed:
                self.closed = True
                self._connection.close()
