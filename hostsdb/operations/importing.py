"""Importing many hosts at once: streamed into a temporary table, compared there, then into the log set-wise."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from hostsdb import rows
from hostsdb.engine_errors import CommitUnknown, ConnectionLost, ConstraintViolation, TransientError
from hostsdb.errors import ConnectionFailed, InvalidData, QueryFailed
from hostsdb.formats.record import BadLine
from hostsdb.model import EventEnvelope, HostDeleted, HostDifference, HostEntry, ImportPlan, ImportSummary
from hostsdb.operations.events import insert, prepare
from hostsdb.operations.hosts import changes
from hostsdb.operations.staging import Mode, Record, stage, union
from hostsdb.operations.steps import Operation, Rows, in_transaction, run
from hostsdb.ulids import import_prefix

T = TypeVar("T")

# How many hosts SQLite adds by one statement: about 160 bytes of memory each. The other engines add all by one.
_ADDED_AT_ONCE = 250_000
# How often to look whether an import has ended whose answer was lost: it may still be under way for a moment.
_LOOKS = 100


def import_hosts(
    records: Iterable[Record | BadLine],
    *,
    mode: Mode = "skip",
    strict: bool = False,
    tags: Iterable[str] = (),
    created_by: str | None = None,
) -> Operation[ImportSummary]:
    """Bring the hosts of a file in, in one transaction: one event for each real change, none for no change.

    Arguments:
        records: what a reader yields; read once, and never held as a whole.
        mode: `skip` adds the pairs of address and hostname that are not there; `replace` also gives those that are
            there the file's aliases, comment and tags; `mirror` also deletes what the file lacks.
        strict: take nothing in when a line is bad.
        tags: tags of every host that the file tells of, beside the file's own.
        created_by: who imports.
    Returns:
        how many lines were read, hosts added, changed, removed, unchanged, skipped, and lines bad.
    Raises:
        InvalidData: strict, and a line is bad.
        QueryFailed: another writer changed one of the hosts at the same moment; nothing was imported.
        ConnectionFailed: the connection broke; what the file brings is never added twice by importing it again.
    """
    outcome = _Outcome()
    try:
        importing = _import(records, mode, strict, list(tags), created_by, outcome)
        return (yield from _once(in_transaction(importing)))
    except CommitUnknown as lost:
        try:
            stored = yield from _is_stored(outcome, lost)
        except ConnectionFailed as error:
            raise lost from error
        if not stored:
            raise _not_imported(lost) from lost.__cause__
        assert outcome.summary is not None
        return outcome.summary


@dataclass
class _Outcome:
    """What an import has come to, and how to find it in the log.

    Attributes:
        event_prefix: what the ids of the events begin with that add hosts.
        event_ids: those of the others.
        summary: None until all is done but the commit.
    """

    event_prefix: str = dataclasses.field(default_factory=import_prefix)
    event_ids: list[str] = dataclasses.field(default_factory=list)
    summary: ImportSummary | None = None


def _is_stored(outcome: _Outcome, lost: CommitUnknown) -> Operation[bool]:
    added = outcome.summary is not None and outcome.summary.added
    if not added and not outcome.event_ids:
        return True  # there was nothing to store
    for _ in range(_LOOKS):
        ((ended,),) = yield from run("lock_import", event_prefix=outcome.event_prefix)
        if ended:
            break
        yield from run("sleep")
    else:
        raise lost
    if added:
        return bool((yield from run("first_event_with_prefix", event_prefix=outcome.event_prefix)))
    return bool((yield from run("events_by_id", event_ids=rows.to_json(outcome.event_ids[:1]))))


def plan_import(
    records: Iterable[Record | BadLine], *, mode: Mode = "skip", tags: Iterable[str] = ()
) -> Operation[ImportPlan]:
    """Return what import_hosts would do, and do nothing."""
    return (yield from _once(_plan(records, mode, list(tags))))


def _once(operation: Operation[T]) -> Operation[T]:
    """Run an operation that the driver must not repeat, for the records are read then."""
    try:
        return (yield from operation)
    except (ConstraintViolation, TransientError) as error:
        raise QueryFailed(
            f"another writer was faster, nothing was imported; import again ({error})"
        ) from error.__cause__
    except ConnectionLost as lost:
        raise _not_imported(lost) from lost.__cause__


def _not_imported(lost: ConnectionLost | CommitUnknown) -> ConnectionFailed:
    # An CommitUnknown says that nobody knows.
    return ConnectionFailed(f"{lost.reason}; nothing was imported, import again")


def _plan(records: Iterable[Record | BadLine], mode: Mode, tags: list[str]) -> Operation[ImportPlan]:
    yield from run("begin")
    staged = yield from stage(records, tags)
    added = yield from run("plan_added")
    changed = yield from _changed(mode, tags)
    removed = yield from _removed(mode)
    summary = yield from staged.summary(mode, len(added), len(changed), len(removed))
    # Whatever ends this early, the driver rolls back.
    yield from run("rollback")
    differences = [
        *(HostDifference("added", ip, name, {}) for ip, name, *_ in added),
        *(_difference(entry, wanted) for entry, wanted in changed),
        *(HostDifference("removed", entry.ip_address, entry.hostname, {}) for entry in removed),
    ]
    return ImportPlan(summary, tuple(differences))


def _import(
    records: Iterable[Record | BadLine],
    mode: Mode,
    strict: bool,
    tags: list[str],
    created_by: str | None,
    outcome: _Outcome,
) -> Operation[ImportSummary]:
    staged = yield from stage(records, tags)
    if strict and staged.bad:
        raise InvalidData(f"{staged.bad} bad lines: nothing was imported")
    changed = yield from _changed(mode, tags)
    removed = yield from _removed(mode)
    outcome.event_ids = yield from _insert_changes(changed, removed, created_by)
    added = yield from _add(tags, created_by, outcome.event_prefix)
    summary = yield from staged.summary(mode, added, len(changed), len(removed))
    yield from run("drop_import")
    yield from run("lock_import", event_prefix=outcome.event_prefix)
    outcome.summary = summary
    return summary


def _add(tags: list[str], created_by: str | None, event_prefix: str) -> Operation[int]:
    parameters = {
        "event_prefix": event_prefix,
        "aggregate_prefix": import_prefix(),
        "tags": rows.to_json(tags),
        "created_by": created_by,
        "now": rows.moment_text(datetime.now(UTC)),
        "limit": _ADDED_AT_ONCE,
    }
    added, latest = 0, _ADDED_AT_ONCE
    while latest == _ADDED_AT_ONCE:
        ((latest,),) = yield from run("import_hosts", **parameters)
        added += latest
    return added


_Wanted = dict[str, Any]


def _changed(mode: Mode, tags: list[str]) -> Operation[list[tuple[HostEntry, _Wanted]]]:
    """Return the live hosts that are to be other than they are, each with the fields that it shall have."""
    if mode == "skip":
        return []
    found = yield from run("plan_changed", tags=rows.to_json(tags))
    return [change for change in (_change(row, tags) for row in found) if changes(*change[:1], **change[1])]


def _change(row: tuple[Any, ...], tags: list[str]) -> tuple[HostEntry, _Wanted]:
    entry, (comment, told_tags, aliases) = rows.entry(row[:9]), row[9:]
    wanted: _Wanted = {"comment": comment, "aliases": tuple(json.loads(aliases))}
    # A format without tags says nothing of those that are there: the import's own are added to them.
    wanted["tags"] = tuple(union(entry.tags, tags) if told_tags is None else json.loads(told_tags))
    return entry, wanted


def _difference(entry: HostEntry, wanted: _Wanted) -> HostDifference:
    changed = {
        field: (getattr(entry, field), value)
        for field, value in wanted.items()
        if getattr(entry, field) != value
    }
    return HostDifference("changed", entry.ip_address, entry.hostname, changed)


def _removed(mode: Mode) -> Operation[list[HostEntry]]:
    if mode != "mirror":
        return []
    found: Rows = yield from run("plan_removed")
    return list(map(rows.entry, found))


def _insert_changes(
    changed: list[tuple[HostEntry, _Wanted]], removed: list[HostEntry], created_by: str | None
) -> Operation[list[str]]:
    versions: dict[str, str] = {}
    events: list[dict[str, Any]] = []
    # Field by field, not host by host: events of one type go into the log by one statement.
    for field in ("comment", "tags", "aliases"):
        for entry, wanted in changed:
            for event in changes(entry, **{name: value for name, value in wanted.items() if name == field}):
                envelope = EventEnvelope(event, created_by=created_by)
                (columns,) = prepare(entry.id, [envelope], versions.get(entry.id, entry.event_version))
                versions[entry.id] = columns["event_version"]
                events.append(columns)
    for entry in removed:
        gone = HostDeleted(entry.ip_address, entry.hostname, "not in the imported file")
        events += prepare(entry.id, [EventEnvelope(gone, created_by=created_by)], entry.event_version)
    yield from insert(events)
    return [event["event_id"] for event in events]
