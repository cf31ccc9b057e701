"""Which migrations are applied to a database; uses only SELECT."""

from __future__ import annotations

from dataclasses import dataclass

from hostsdb.errors import MigrationFailed
from hostsdb.operations.steps import Operation, run
from hostsdb.schema.files import Migration, migrations_for
from hostsdb.url import Dialect


@dataclass(frozen=True, slots=True)
class SchemaState:
    """Which migrations are applied to a database.

    Attributes:
        migrations: the migrations of this package for this server, in order.
        applied: the ids of those that are applied.
        pending: those that are not applied.
        unknown: the ids of applied migrations that this package does not have.
    """

    migrations: tuple[Migration, ...]
    applied: tuple[str, ...]
    pending: tuple[Migration, ...]
    unknown: tuple[str, ...]


def schema_state(dialect: Dialect) -> Operation[SchemaState]:
    """Return which migrations are applied and which are pending. Takes no lock and writes nothing."""
    ((exists, major_version),) = yield from run("schema_state")
    applied = {row[0] for row in (yield from run("applied_migrations"))} if exists else set()
    migrations = migrations_for(dialect, major_version)
    return SchemaState(
        migrations=migrations,
        applied=tuple(m.id for m in migrations if m.id in applied),
        pending=tuple(m for m in migrations if m.id not in applied),
        unknown=tuple(sorted(applied - {m.id for m in migrations})),
    )


def refuse_newer(state: SchemaState) -> None:
    """Raise MigrationFailed if the database has migrations that this package does not have."""
    if state.unknown:
        raise MigrationFailed(
            f"the database is newer than this hostsdb: it has {', '.join(state.unknown)}; install a newer hostsdb"
        )
