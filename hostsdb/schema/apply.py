"""Applying and undoing migrations: each with its mark and its log row in one transaction, one process at a time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from hostsdb.errors import MigrationFailed, StorageError
from hostsdb.operations.retry import LOCK_TIMEOUT
from hostsdb.schema.files import Migration
from hostsdb.schema.script import Parameters, bookkeeping, records, rollback_statements, statements
from hostsdb.sql_files import load
from hostsdb.url import Dialect


def apply_migrations(
    dialect: Dialect, connection: Any, migrations: Iterable[Migration], lock_timeout: float = LOCK_TIMEOUT
) -> list[str]:
    """Apply those of the migrations that are not applied yet.

    Arguments:
        dialect: whose files.
        connection: the driver's connection, in autocommit mode; nobody else may use it meanwhile.
        migrations: in order.
        lock_timeout: how long to wait for another process that migrates, in seconds.
    Returns:
        the ids of those that were applied now; another process may have applied the others meanwhile.
    Raises:
        MigrationFailed: the lock was not free in time, or a statement failed; then that migration left nothing behind.
    """
    if dialect == "sqlite":
        _use_write_ahead_log(connection, lock_timeout)
    runner = _Runner(dialect, connection, lock_timeout)
    return [
        migration.id for migration in migrations if runner.record(migration, "apply", statements(migration))
    ]


def adopt_migrations(dialect: Dialect, connection: Any, migrations: Iterable[Migration]) -> None:
    """Record migrations as applied whose objects are there already, all or none."""
    runner = _Runner(dialect, connection, LOCK_TIMEOUT)
    with runner.transaction("adopt"):
        for migration in migrations:
            runner.record_within(migration, "mark", [])


def rollback_migrations(
    dialect: Dialect, connection: Any, migrations: Iterable[Migration], lock_timeout: float = LOCK_TIMEOUT
) -> list[str]:
    """Undo those of the migrations that are applied, in the order given, the last one first; see apply_migrations."""
    runner = _Runner(dialect, connection, lock_timeout)
    return [m.id for m in migrations if runner.record(m, "rollback", rollback_statements(m))]


class _Runner:
    def __init__(self, dialect: Dialect, connection: Any, lock_timeout: float) -> None:
        self._dialect = dialect
        self._connection = connection
        self._lock_timeout = lock_timeout
        if dialect == "sqlite":
            connection.execute(f"PRAGMA busy_timeout = {round(lock_timeout * 1000)}")

    def record(self, migration: Migration, operation: str, work: list[str]) -> bool:
        """Do the work of a migration and record it, unless it is done already; return whether it was."""
        with self.transaction(migration.id):
            return self.record_within(migration, operation, work)

    def record_within(self, migration: Migration, operation: str, work: list[str]) -> bool:
        ((applied,),) = self._run("is_applied", {"migration_id": migration.id})
        if bool(applied) is not (operation == "rollback"):
            return False
        for statement in work:
            self._connection.execute(statement)
        for name, parameters in records(migration, operation):
            self._run(name, parameters)
        return True

    @contextmanager
    def transaction(self, what: str) -> Iterator[None]:
        """Open a transaction that no other process's migration can overlap; yoyo's tables are there inside."""
        try:
            self._run("begin")
            self._lock()
            for statement in bookkeeping():
                self._connection.execute(statement)
            self._run("record_version")
            yield
            self._run("commit")
        except BaseException as error:
            self._undo()
            if isinstance(error, StorageError) or not isinstance(error, Exception):
                raise
            raise self._failed(what, error) from error

    def _lock(self) -> None:
        # Differs because SQLite's BEGIN IMMEDIATE is the lock, and a DuckDB file is open in one process only.
        if self._dialect == "postgres":
            self._run("set_lock_timeout", {"timeout": f"{round(self._lock_timeout * 1000)}ms"})
            self._run("lock_migrations")

    def _undo(self) -> None:
        try:
            self._run("rollback")
        except Exception:  # the connection is lost, or there was no transaction: nothing is left to undo
            return

    def _failed(self, what: str, error: Exception) -> MigrationFailed:
        words = str(error).split("\n", 1)[0]
        if getattr(error, "sqlstate", None) == "55P03":
            return MigrationFailed(
                f"{self._holder()}; waited {self._lock_timeout:g} s, try again when it has ended"
            )
        if getattr(error, "sqlstate", None) == "42501":
            return MigrationFailed(
                f"{what} is pending and this role may not apply it ({words}); "
                "have the owner of the database run: hostsdb init, or: hostsdb sql | psql -1 -v ON_ERROR_STOP=1"
            )
        if "locked" in words and self._dialect == "sqlite":
            return MigrationFailed(
                f"another process is writing to this file; waited {self._lock_timeout:g} s, "
                "try again when it has ended"
            )
        # SQLite calls it an I/O error where it has no room for its -shm.
        disk = any(cause in words for cause in ("disk is full", "disk I/O error", "No space left on device"))
        advice = "; look at the database's disk, make room where it is full, and try again" if disk else ""
        return MigrationFailed(f"{what} failed and left nothing behind: {words}{advice}")

    def _holder(self) -> str:
        holders = self._run("migration_lock_holder")
        if not holders:
            return "another transaction holds a lock on a table of the schema"
        pid, user, application, client = holders[0]
        return f"{user} is migrating (server process {pid}, {application or 'no application name'}, from {client})"

    def _run(self, name: str, parameters: Parameters | None = None) -> list[Any]:
        sql = load(self._dialect, name)
        given = {key: (parameters or {})[key] for key in sql.parameters}
        cursor = self._connection.execute(sql.text, given) if given else self._connection.execute(sql.text)
        return list(cursor.fetchall()) if cursor.description else []


def _use_write_ahead_log(connection: Any, timeout: float) -> None:
    """Let readers and a writer work side by side. SQLite does not wait for this lock by itself."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except Exception as error:
            if "locked" not in str(error):
                raise MigrationFailed(f"this file cannot be written: {error}") from error
            if time.monotonic() > deadline:
                raise MigrationFailed(
                    f"another process is writing to this file; waited {timeout:g} s"
                ) from error
            time.sleep(0.02)
