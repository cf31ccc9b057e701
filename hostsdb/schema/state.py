"""What a database has of the schema: found out by SELECT alone, as an operation like any other."""

from __future__ import annotations

from dataclasses import dataclass

from hostsdb.errors import MigrationFailed
from hostsdb.operations.steps import Operation, run
from hostsdb.schema.files import Migration, migrations_for
from hostsdb.url import Dialect


@dataclass(frozen=True, slots=True)
class SchemaState:
    """The ids of the migrations that are applied, those that are pending, and those this package does not know."""

    applied: tuple[str, ...]
    pending: tuple[Migration, ...]
    unknown: tuple[str, ...]


def schema_state(dialect: Dialect) -> Operation[SchemaState]:
    """Return which migrations are applied and which are pending, without a lock and without a write."""
    ((exists, major_version),) = yield from run("schema_state")
    applied = {row[0] for row in (yield from run("applied_migrations"))} if exists else set()
    migrations = migrations_for(dialect, major_version)
    return SchemaState(
        applied=tuple(m.id for m in migrations if m.id in applied),
        pending=tuple(m for m in migrations if m.id not in applied),
        unknown=tuple(sorted(applied - {m.id for m in migrations})),
    )


def refuse_newer(state: SchemaState) -> None:
    """Raise MigrationFailed where the database has migrations of a newer hostsdb."""
    if state.unknown:
        raise MigrationFailed(
            f"this database is newer than this hostsdb: it has {', '.join(state.unknown)}; "
            "install the hostsdb that made it, or a later one"
        )
