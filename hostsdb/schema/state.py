"""Which migrations are applied to a database; uses only SELECT."""

from __future__ import annotations

from dataclasses import dataclass

from hostsdb.errors import MigrationFailed
from hostsdb.operations.steps import Operation, run
from hostsdb.schema.files import FEATURES, Migration, migrations_for, refuse_unavailable
from hostsdb.schema.others import own_place
from hostsdb.url import Dialect


@dataclass(frozen=True, slots=True)
class SchemaState:
    """Which migrations are applied to a database.

    Attributes:
        migrations: the migrations of this package for this server, in order: those of a feature only if the feature
            is in use or was asked for.
        applied: the ids of those that are applied.
        pending: those that are not applied, without the optional ones.
        optional: the optional ones that are not applied.
        unknown: the ids of applied migrations that this package does not have and cannot work with.
        compatible: the ids of applied migrations that this package does not have. It works with them.
        has_events: whether there is a table host_events; its migrations may not be recorded.
    """

    migrations: tuple[Migration, ...]
    applied: tuple[str, ...]
    pending: tuple[Migration, ...]
    optional: tuple[Migration, ...]
    unknown: tuple[str, ...]
    compatible: tuple[str, ...]
    has_events: bool

    @property
    def exists(self) -> bool:
        """Whether the database has a schema of hostsdb, or a part of it."""
        return bool(self.applied or self.newer or self.has_events)

    @property
    def newer(self) -> tuple[str, ...]:
        """The ids of all applied migrations that this package does not have."""
        return tuple(sorted((*self.unknown, *self.compatible)))

    def to_apply(self, optional: bool = False) -> tuple[Migration, ...]:
        """Return what is to be applied, in order: nothing, or the pending migrations and with them the optional ones.

        Arguments:
            optional: whether optional ones are a reason of their own. After a newer migration they no longer fit.
        """
        if not self.pending and (self.newer or not optional):
            return ()
        return tuple(m for m in self.migrations if m.id not in self.applied)


def schema_state(dialect: Dialect, features: tuple[str, ...] = ()) -> Operation[SchemaState]:
    """Return which migrations are applied and which are pending. Takes no lock and writes nothing.

    Arguments:
        dialect: the engine.
        features: the features that are asked for. Those of which a migration is applied need not be named.
    Raises:
        MigrationFailed: this role may not use the schema (PostgreSQL), or the engine does not have a feature.
    """
    refuse_unavailable(dialect, features)
    ((exists, has_compatible, has_events, major_version, unusable, _),) = yield from run("schema_state")
    _refuse_unusable(unusable)
    applied = {row[0] for row in (yield from run("applied_migrations"))} if exists else set()
    known = migrations_for(dialect, major_version, FEATURES)
    wanted = {None, *features, *(m.feature for m in known if m.id in applied)}
    migrations = tuple(m for m in known if m.feature in wanted)
    missing = [m for m in migrations if m.id not in applied]
    newer = applied - {m.id for m in migrations}
    accepted: set[str] = set()
    if newer and has_compatible:
        accepted = newer & {row[0] for row in (yield from run("compatible_migrations"))}
    return SchemaState(
        migrations=migrations,
        applied=tuple(m.id for m in migrations if m.id in applied),
        pending=tuple(m for m in missing if not m.optional),
        optional=tuple(m for m in missing if m.optional),
        unknown=tuple(sorted(newer - accepted)),
        compatible=tuple(sorted(accepted)),
        has_events=bool(has_events),
    )


def refuse_foreign_schema(dialect: Dialect) -> Operation[None]:
    """Raise MigrationFailed if the tables that the search_path finds are not in its first schema (PostgreSQL)."""
    if dialect == "postgres":
        ((_, _, _, _, unusable, foreign),) = yield from run("schema_state")
        _refuse_unusable(unusable)
        if foreign is not None:
            raise MigrationFailed(
                f"the first schema of the search_path has no host_events, and a later one, {foreign}, has; "
                f"put {foreign} first, or run hostsdb init to create the objects in the first one"
            )


def _refuse_unusable(schema: str | None) -> None:
    if schema is not None:
        raise MigrationFailed(
            f"this role may not use the schema {schema}, the first of its search_path; "
            f"have its owner grant USAGE on it, or put another schema first"
        )


def refuse_unknown(state: SchemaState, dialect: Dialect) -> None:
    """Raise MigrationFailed if the database has migrations that this package cannot work with."""
    if state.unknown and not state.applied:
        raise MigrationFailed(
            f"yoyo's tables here belong to another application, which has applied {', '.join(state.unknown[:3])}; "
            f"nothing was changed; {own_place(dialect)}"
        )
    if state.unknown:
        raise MigrationFailed(
            f"the database is newer than this hostsdb: it has {', '.join(state.unknown)}; install a newer hostsdb"
        )


def refuse_newer(state: SchemaState, what: str) -> None:
    """Raise MigrationFailed if the database has any migration that this package does not have.

    Arguments:
        what: the command that would have to know all of them.
    """
    if state.newer:
        raise MigrationFailed(
            f"the database is newer than this hostsdb: it has {', '.join(state.newer)}; "
            f"run {what} with the hostsdb that applied it"
        )
