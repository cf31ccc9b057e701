"""yoyo's backends on a connection that is open already: one connection looks, locks, applies and marks."""

from __future__ import annotations

import getpass
import os
import socket
from types import SimpleNamespace
from typing import Any

from yoyo.backends.base import DatabaseBackend
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.backends.core.sqlite3 import SQLiteBackend
from yoyo.migrations import default_migration_table

from hostsdb.schema.yoyo_duckdb import DuckDBBackend
from hostsdb.url import Dialect


class _Borrowed(DatabaseBackend):  # type: ignore[misc]  # yoyo has no types
    def __init__(self, connection: Any) -> None:
        # Not the base class's: that one connects by itself and tries two CREATE TABLEs.
        self._connection = connection
        self.uri = SimpleNamespace(database=None)
        self.migration_table = default_migration_table
        self.DatabaseError = self.driver.DatabaseError
        self.has_transactional_ddl = True

    def get_log_data(self, migration: Any = None, operation: str = "apply") -> dict[str, Any]:
        """Say who and where, also where the user has no name, and without a look into the DNS."""
        try:
            user = getpass.getuser()
        except (KeyError, OSError):
            user = str(os.getuid())
        # yoyo asks for both; its getfqdn can take many seconds where the DNS does not answer.
        return _log_data(migration, operation) | {"username": user, "hostname": socket.gethostname()}


def _log_data(migration: Any, operation: str) -> dict[str, Any]:
    import uuid
    from datetime import UTC, datetime

    return {
        "id": str(uuid.uuid1()),
        "migration_id": migration.id if migration else None,
        "migration_hash": migration.hash if migration else None,
        "created_at_utc": datetime.now(UTC).replace(tzinfo=None),
        "operation": operation,
    }


class _Postgres(_Borrowed, PostgresqlPsycopgBackend):  # type: ignore[misc]
    pass


class _SQLite(_Borrowed, SQLiteBackend):  # type: ignore[misc]
    def begin(self) -> None:
        """Wait for the lock before looking, so that two processes never both find a migration pending."""
        self._in_transaction = True
        self.execute("BEGIN IMMEDIATE")


class _DuckDB(_Borrowed, DuckDBBackend):
    pass


_BACKENDS: dict[Dialect, type[_Borrowed]] = {"postgres": _Postgres, "sqlite": _SQLite, "duckdb": _DuckDB}


def borrowed_backend(dialect: Dialect, connection: Any) -> Any:
    """Return a yoyo backend on an open driver connection."""
    return _BACKENDS[dialect](connection)
