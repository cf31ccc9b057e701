"""Whether the schema of a database is what its migrations make; uses only SELECT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hostsdb.operations.steps import Operation, run
from hostsdb.schema.catalogue import actual_catalogue, expected_catalogue
from hostsdb.schema.differences import differences
from hostsdb.schema.files import Migration, checksum, features_of
from hostsdb.schema.state import SchemaState, refuse_newer, schema_state
from hostsdb.url import Dialect

Verdict = Literal["current", "pending", "drift", "newer"]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check found.

    Attributes:
        state: the first that is true of `newer`, `pending` and `drift`, else `current`.
        pending: the ids of the migrations that are not applied.
        optional: the ids of the optional migrations that are not applied.
        differences: a line for each difference from the schema that the applied migrations make. Empty if the
            database is newer.
        unknown: the ids of applied migrations that this package does not have and cannot work with.
        compatible: the ids of applied migrations that this package does not have. It works with them.
    """

    state: Verdict
    pending: tuple[str, ...]
    optional: tuple[str, ...]
    differences: tuple[str, ...]
    unknown: tuple[str, ...]
    compatible: tuple[str, ...]


def check_schema(dialect: Dialect) -> Operation[Findings]:
    """Compare a database with the migrations that are applied to it."""
    state = yield from schema_state(dialect)
    found: list[str] = []
    if state.applied and not state.newer:
        found += differences(
            expected_catalogue(dialect, state.applied), (yield from actual_catalogue(dialect))
        )
        found += yield from _edited(state)
    return Findings(
        state=_verdict(state, found),
        pending=tuple(m.id for m in state.pending),
        optional=tuple(m.id for m in state.optional),
        differences=tuple(found),
        unknown=state.unknown,
        compatible=state.compatible,
    )


def _verdict(state: SchemaState, found: list[str]) -> Verdict:
    if state.newer:
        return "newer"
    if state.pending:
        return "pending"
    return "drift" if found else "current"


def _edited(state: SchemaState) -> Operation[list[str]]:
    """Return a line for each migration whose file was edited after it was applied. yoyo records no checksum."""
    known = {migration.id: migration for migration in state.migrations}
    log = yield from run("migration_log")
    return [
        f"migration {id} was applied from a file with another content"
        for id, _, _, _, comment, _ in log
        if str(comment).startswith("sha256:") and comment != f"sha256:{checksum(known[id])}"
    ]


def compare_to_adopt(dialect: Dialect) -> Operation[tuple[tuple[Migration, ...], list[str]]]:
    """Return the migrations to adopt, and the differences from the schema that all migrations make.

    A schema may have been created with the optional migrations or without them, and with a feature or without it: the
    differences are those from the most similar one. A row that a dump of the schema alone lacks is no difference on
    PostgreSQL: adopting adds it.

    Raises:
        MigrationFailed: the database is newer than this package.
    """
    state = yield from schema_state(dialect)
    refuse_newer(state, "adopt")
    if not state.pending:
        return (), []
    with_features = yield from schema_state(dialect, features_of(dialect))
    actual = yield from actual_catalogue(dialect)
    comparisons: list[list[str]] = []
    for candidate in (state, with_features):
        for migrations in (candidate.to_apply(), candidate.pending):
            ids = [*candidate.applied, *(migration.id for migration in migrations)]
            found = differences(expected_catalogue(dialect, ids), actual)
            if dialect == "postgres":
                found = [line for line in found if not line.startswith("rows ")]
            if not found:
                return migrations, []
            comparisons.append(found)
    return state.pending, min(comparisons, key=len)
