"""yoyo's backend for DuckDB, for `yoyo apply --database duckdb:///hosts.duckdb migrations/duckdb`.

yoyo finds it by the entry point group `yoyo.backends`.
"""

from __future__ import annotations

from typing import Any

from yoyo.backends.base import DatabaseBackend


class _Cursor:
    """A cursor on the backend's connection. DuckDB's cursor() opens a new connection, outside the transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @property
    def description(self) -> Any:
        """The columns of the result. None for a statement without rows, for which DuckDB returns a count."""
        columns = self._connection.description
        counted = columns and [column[0] for column in columns] in (["Count"], ["Success"])
        return None if counted else columns

    def execute(self, sql: str, parameters: Any = None) -> None:
        self._connection.execute(sql, parameters)

    def fetchone(self) -> Any:
        return self._connection.fetchone()

    def fetchall(self) -> Any:
        return self._connection.fetchall()

    def close(self) -> None:
        """Do nothing: the backend closes the connection."""


class DuckDBBackend(DatabaseBackend):  # type: ignore[misc]  # yoyo has no types
    """The backend for a DuckDB file: `duckdb:///relative` or `duckdb:////absolute`."""

    driver_module = "duckdb"

    def connect(self, dburi: Any) -> Any:
        """Open the file."""
        return self.driver.connect(dburi.database)

    def cursor(self) -> _Cursor:
        """Return a cursor in the backend's transaction."""
        return _Cursor(self.connection)

    def savepoint(self, id: str) -> None:
        """Do nothing: DuckDB has no savepoints. After an error yoyo rolls back the transaction and raises it."""

    savepoint_release = savepoint_rollback = savepoint

    def rollback(self) -> None:
        """Roll back if a transaction is open. DuckDB raises an error if none is open."""
        if self._in_transaction:
            super().rollback()
