"""Whether the schema of a database is what its migrations make; uses only SELECT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hostsdb.operations.steps import Operation, run
from hostsdb.schema.catalogue import actual_catalogue, differences, expected_catalogue
from hostsdb.schema.files import Migration, checksum
from hostsdb.schema.state import SchemaState, refuse_newer, schema_state
from hostsdb.url import Dialect

Verdict = Literal["current", "pending", "drift", "newer"]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check found.

    Attributes:
        state: the first that is true of `newer`, `pending` and `drift`, else `current`.
        pending: the ids of the migrations that are not applied.
        differences: a line for each difference from the schema that the applied migrations make. Empty if the
            database is newer.
        unknown: the ids of applied migrations that this package does not have.
    """

    state: Verdict
    pending: tuple[str, ...]
    differences: tuple[str, ...]
    unknown: tuple[str, ...]


def check_schema(dialect: Dialect) -> Operation[Findings]:
    """Compare a database with the migrations that are applied to it."""
    state = yield from schema_state(dialect)
    found: list[str] = []
    if state.applied and not state.unknown:
        found += differences(expected_catalogue(dialect, state.applied), (yield from actual_catalogue()))
        found += yield from _edited(state)
    return Findings(_verdict(state, found), tuple(m.id for m in state.pending), tuple(found), state.unknown)


def _verdict(state: SchemaState, found: list[str]) -> Verdict:
    if state.unknown:
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


def compare_with_all(dialect: Dialect) -> Operation[tuple[tuple[Migration, ...], list[str]]]:
    """Return the pending migrations, and the differences from the schema that all migrations make.

    Raises:
        MigrationFailed: the database is newer than this package.
    """
    state = yield from schema_state(dialect)
    refuse_newer(state)
    if not state.pending:
        return (), []
    expected = expected_catalogue(dialect, [migration.id for migration in state.migrations])
    return state.pending, differences(expected, (yield from actual_catalogue()))
