"""Apply, adopt and roll back migrations. A migration and its record in yoyo's tables are one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from hostsdb.errors import MigrationFailed
from hostsdb.operations.retry import LOCK_TIMEOUT
from hostsdb.schema.files import Migration
from hostsdb.schema.others import refuse_taken_names
from hostsdb.schema.script import bookkeeping, records, statements
from hostsdb.schema.session import Session, is_lock_timeout
from hostsdb.url import Dialect

# SQLite reports an I/O error if there is no room for its -shm file.
_DISK_ERRORS = ("disk is full", "disk I/O error", "No space left on device")


def apply_migrations(
    dialect: Dialect, connection: Any, migrations: Iterable[Migration], lock_timeout: float = LOCK_TIMEOUT
) -> list[str]:
    """Apply the migrations that are not applied yet.

    Arguments:
        dialect: the engine.
        connection: the driver's connection, in autocommit mode, with no other user.
        migrations: the migrations, in order.
        lock_timeout: how long to wait for another process that migrates, in seconds.
    Returns:
        the ids of the migrations that this call applied. Another process may have applied the others.
    Raises:
        MigrationFailed: the lock was not free in time, another application has a table with the name of one of ours,
            or a statement failed. The failed migration is rolled back.
    """
    if dialect == "sqlite":
        _use_write_ahead_log(connection, lock_timeout)
    session = Session(dialect, connection, lock_timeout)
    pending = list(migrations)
    with session.transaction("lock_migrations", partial(_failed, session, "init")):
        refuse_taken_names(session, pending)
    return [id for migration in pending for id in _migrate(session, "apply", [migration])]


def rollback_migrations(
    dialect: Dialect, connection: Any, migrations: Iterable[Migration], lock_timeout: float = LOCK_TIMEOUT
) -> list[str]:
    """Roll back the migrations that are applied, in the given order. The arguments are those of apply_migrations."""
    session = Session(dialect, connection, lock_timeout)
    return [id for migration in migrations for id in _migrate(session, "rollback", [migration])]


def adopt_migrations(dialect: Dialect, connection: Any, migrations: Sequence[Migration]) -> None:
    """Record migrations as applied without running them, in one transaction; add the row that a dump may lack."""
    _migrate(Session(dialect, connection, LOCK_TIMEOUT), "mark", migrations)


# What each operation runs. "mark" is yoyo's word for adopting.
_STATEMENTS: dict[str, Callable[[Migration], list[str]]] = {
    "apply": lambda migration: statements(migration.file),
    "rollback": lambda migration: statements(migration.rollback),
    "mark": lambda migration: [],
}


def _migrate(session: Session, operation: str, migrations: Sequence[Migration]) -> list[str]:
    """Run and record migrations in one transaction; return the ids of those that no other process has done."""
    done = []
    what = "adopt" if operation == "mark" else migrations[0].id
    with session.transaction("lock_migrations", partial(_failed, session, what)):
        session.run_statements(bookkeeping())
        session.run("record_version")
        for migration in migrations:
            ((applied,),) = session.run("is_applied", migration_id=migration.id)
            if bool(applied) is (operation == "rollback"):
                session.run_statements(_STATEMENTS[operation](migration))
                for name, parameters in records(migration, operation):
                    session.run(name, **parameters)
                done.append(migration.id)
        if operation == "mark" and session.dialect == "postgres":
            session.run("add_singleton")
    return done


def _failed(session: Session, what: str, error: Exception, reason: str) -> MigrationFailed:
    if is_lock_timeout(error):
        holder = _lock_holder(session) if session.dialect == "postgres" else _FILE_LOCKED
        return MigrationFailed(f"{holder}; waited {session.lock_timeout:g} s, try again later")
    if getattr(error, "sqlstate", None) == "42501":
        return MigrationFailed(
            f"{what} is pending and this role may not apply it ({reason}); "
            "have the owner of the database run: hostsdb init, or: hostsdb sql | psql -1 -v ON_ERROR_STOP=1"
        )
    disk = any(text in reason for text in _DISK_ERRORS)
    advice = "; check the database's disk, make room if it is full, and try again" if disk else ""
    return MigrationFailed(f"{what} failed and was rolled back: {reason}{advice}")


_FILE_LOCKED = "another process is writing to this file"


def _lock_holder(session: Session) -> str:
    holders = session.run("migration_lock_holder")
    if not holders:
        return "another transaction holds a lock on a table of the schema"
    pid, user, application, client = holders[0]
    return (
        f"{user} is migrating (server process {pid}, {application or 'no application name'}, from {client})"
    )


def _use_write_ahead_log(connection: Any, lock_timeout: float) -> None:
    """Switch to the write-ahead log, so that readers do not wait for a writer. SQLite does not wait for this lock."""
    deadline = time.monotonic() + lock_timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except Exception as error:
            if "locked" not in str(error):
                raise MigrationFailed(f"this file cannot be written: {error}") from error
            if time.monotonic() > deadline:
                raise MigrationFailed(
                    f"{_FILE_LOCKED}; waited {lock_timeout:g} s, try again later"
                ) from error
            time.sleep(0.02)
