"""A driver's connection for work on the schema: statements of sql/, and a transaction with a lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from hostsdb.errors import StorageError
from hostsdb.sql_files import load
from hostsdb.url import Dialect


class Session:
    """The only user of a driver's connection in autocommit mode; `lock_timeout` is in seconds."""

    def __init__(self, dialect: Dialect, connection: Any, lock_timeout: float) -> None:
        self.dialect = dialect
        self.connection = connection
        self.lock_timeout = lock_timeout
        self._milliseconds = round(lock_timeout * 1000)
        if dialect == "sqlite":
            connection.execute(f"PRAGMA busy_timeout = {self._milliseconds}")

    def run(self, name: str, **parameters: Any) -> list[Any]:
        """Run the statement `sql/.../<name>.sql` and return its rows. Parameters that it does not have are ignored."""
        sql = load(self.dialect, name)
        given = {key: parameters[key] for key in sql.parameters}
        cursor = self.connection.execute(sql.text, given) if given else self.connection.execute(sql.text)
        return list(cursor.fetchall()) if cursor.description else []

    def run_statements(self, statements: Iterable[str]) -> None:
        """Run statements of a migration."""
        for statement in statements:
            self.connection.execute(statement)

    @contextmanager
    def transaction(self, lock: str, failed: Callable[[Exception, str], StorageError]) -> Iterator[None]:
        """Run the block in one transaction that holds a lock.

        Arguments:
            lock: the statement that takes the lock on PostgreSQL. SQLite's BEGIN IMMEDIATE is a lock, and a DuckDB
                file is open in only one process.
            failed: makes the error to raise from the driver's error and the first line of its message.
        """
        try:
            self.run("begin")
            if self.dialect == "postgres":
                self.run("set_lock_timeout", timeout=f"{self._milliseconds}ms")
                self.run(lock)
            yield
            self.run("commit")
        except BaseException as error:
            with suppress(Exception):  # a lost connection has no transaction
                self.run("rollback")
            if isinstance(error, StorageError) or not isinstance(error, Exception):
                raise
            raise failed(error, str(error).split("\n", 1)[0]) from error


def is_lock_timeout(error: Exception) -> bool:
    """Return whether a lock was not free in time."""
    return getattr(error, "sqlstate", None) == "55P03" or "database is locked" in str(error)
