"""Applying migrations: each with its log row and its mark in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from yoyo import internalmigrations
from yoyo.migrations import get_migration_hash, read_sql_migration

from hostsdb.errors import MigrationFailed
from hostsdb.schema.backends import borrowed_backend
from hostsdb.schema.files import Migration
from hostsdb.url import Dialect

# Any number that no other program takes: the first eight bytes of "hostsdb\0".
ADVISORY_LOCK = int.from_bytes(b"hostsdb\0")


def apply_migrations(dialect: Dialect, connection: Any, migrations: Iterable[Migration]) -> list[str]:
    """Apply those of the migrations that are not applied yet.

    Arguments:
        dialect: whose files.
        connection: the driver's connection, in autocommit mode; nobody else may use it meanwhile.
        migrations: in order.
    Returns:
        the ids of those that were applied now; another process may have applied the others meanwhile.
    Raises:
        MigrationFailed: a statement failed; that migration left nothing behind.
    """
    backend = borrowed_backend(dialect, connection)
    if dialect == "postgres":
        # A session's lock: it goes with the connection, so a killed holder never needs a hand.
        connection.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
    try:
        return [migration.id for migration in migrations if _apply(backend, migration)]
    finally:
        if dialect == "postgres":
            connection.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


def _apply(backend: Any, migration: Migration) -> bool:
    path = str(migration.file)
    yoyo_migration = _YoyoMigration(migration.id)
    _, _, statements = read_sql_migration(path)
    try:
        with backend.transaction():
            if internalmigrations.needs_upgrading(backend):
                internalmigrations.upgrade(backend)
            backend._internal_schema_updated = True
            if backend.is_applied(yoyo_migration):
                return False
            for statement in statements:
                backend.cursor().execute(statement)
            backend.log_migration(yoyo_migration, "apply")
            backend.mark_one(yoyo_migration, log=False)
    except backend.DatabaseError as error:
        raise MigrationFailed(f"{migration.id} could not be applied: {error}") from error
    return True


class _YoyoMigration:
    """What yoyo's bookkeeping asks of a migration."""

    def __init__(self, id: str) -> None:
        self.id = id
        self.hash = get_migration_hash(id)
