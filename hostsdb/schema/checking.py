"""Whether a database's schema is what its migrations make, found out by SELECT alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from hostsdb.operations.steps import Operation, run
from hostsdb.schema.catalogue import actual_catalogue, differences, expected_catalogue
from hostsdb.schema.files import Migration, checksum, migrations_for
from hostsdb.schema.state import SchemaState, refuse_newer, schema_state
from hostsdb.url import Dialect

Verdict = Literal["current", "pending", "drift", "newer"]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check found.

    Attributes:
        state: `newer` before `pending` before `drift`, where several are true.
        pending: the ids of the migrations that are not applied.
        differences: in words, from what the applied migrations make; not looked for in a newer database.
        unknown: the ids of applied migrations that this package does not know.
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
        actual = yield from actual_catalogue(dialect)
        found += differences(expected_catalogue(dialect, state.applied), actual)
        found += yield from _edited(dialect)
    return Findings(_verdict(state, found), tuple(m.id for m in state.pending), tuple(found), state.unknown)


def _verdict(state: SchemaState, found: list[str]) -> Verdict:
    if state.unknown:
        return "newer"
    if state.pending:
        return "pending"
    return "drift" if found else "current"


def _edited(dialect: Dialect) -> Operation[list[str]]:
    """Say which migrations were applied from another text; yoyo's own command records none."""
    ((_, major_version),) = yield from run("schema_state")
    known = {migration.id: migration for migration in migrations_for(dialect, major_version)}
    log = yield from run("migration_log")
    return [
        f"migration {id} was applied from another text than this hostsdb has"
        for id, _, _, _, comment, _ in log
        if str(comment).startswith("sha256:") and comment != f"sha256:{checksum(known[id])}"
    ]


def compare_with_all(dialect: Dialect) -> Operation[tuple[tuple[Migration, ...], list[str]]]:
    """Return the migrations that are not recorded, and what differs from the schema that all of them make.

    Raises:
        MigrationFailed: the database has migrations of a newer hostsdb.
    """
    state = yield from schema_state(dialect)
    refuse_newer(state)
    if not state.pending:
        return (), []
    actual = yield from actual_catalogue(dialect)
    expected = expected_catalogue(dialect, [*state.applied, *_ids(state.pending)])
    return state.pending, differences(expected, actual)


def _ids(migrations: Iterable[Migration]) -> list[str]:
    return [migration.id for migration in migrations]
