"""What the embedded engines share: one connection, lent to one operation at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from hostsdb.errors import ConnectionFailed, QueryFailed
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.url import Dialect

CHECKED_OUT = (
    "this engine has one connection, and consuming() has it here: use the batch's, or leave the block first"
)


class EmbeddedConnection(Protocol):
    """What an embedded engine's connection can do."""

    dialect: Dialect

    @property
    def raw(self) -> Any:
        """The driver's own connection."""

    def perform(self, step: Statement | Load) -> Rows:
        """Run a step and return its rows."""

    def prepare_write(self) -> None:
        """Get ready for what is written by the driver's connection, past `perform`."""

    def reset(self) -> None:
        """Roll back what was left unfinished."""

    def interrupt(self) -> None:
        """End the statement that runs, from another thread."""

    def close(self) -> None:
        """Close the file."""


class EmbeddedEngine:
    """One connection for all threads: these engines have one writer at a time anyway."""

    retry_timeout = 0.0  # there is no server to lose

    def __init__(self, connection: EmbeddedConnection) -> None:
        self._connection = connection
        self._closed = False
        self._lock = threading.Lock()
        self._holder: int | None = None
        self.dialect = connection.dialect

    @contextmanager
    def connection(self, deadline: float | None = None) -> Iterator[EmbeddedConnection]:
        """Lend the connection; an unfinished transaction is rolled back when it returns."""
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

    def close(self) -> None:
        """Close the connection, once nobody uses it."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._connection.close()
