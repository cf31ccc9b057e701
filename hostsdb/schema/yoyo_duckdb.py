"""yoyo's backend for DuckDB, so that `yoyo apply --database duckdb:///hosts.duckdb migrations/duckdb` works.

Registered under the entry point group `yoyo.backends`.
"""

from __future__ import annotations

from typing import Any

from yoyo.backends.base import DatabaseBackend


class _Cursor:
    """DuckDB's own cursor() is a new connection, outside the transaction: this is the same one."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @property
    def description(self) -> Any:
        """The columns of the result; none for the count that DuckDB answers every other statement with."""
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
        """Leave the connection open: it is the backend's."""


class DuckDBBackend(DatabaseBackend):  # type: ignore[misc]  # yoyo has no types
    """yoyo on a DuckDB file, `duckdb:///relative` or `duckdb:////absolute`."""

    driver_module = "duckdb"

    def connect(self, dburi: Any) -> Any:
        """Open the file."""
        return self.driver.connect(dburi.database)

    def cursor(self) -> _Cursor:
        """Return a cursor in the backend's own transaction."""
        return _Cursor(self.connection)

    def savepoint(self, id: str) -> None:
        """Do nothing: DuckDB has no savepoints, and a migration is one transaction anyway."""

    def savepoint_release(self, id: str) -> None:
        """Do nothing, see savepoint."""

    def savepoint_rollback(self, id: str) -> None:
        """Do nothing: the outer transaction is rolled back, and the real error is seen."""

    def rollback(self) -> None:
        """Roll back, where there is a transaction: DuckDB refuses it elsewhere."""
        if self._in_transaction:
            super().rollback()
