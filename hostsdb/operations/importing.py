"""Importing many hosts: they are loaded into a temporary table, compared there, and inserted by a few statements."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from hostsdb import rows
from hostsdb.engine_errors import CommitUnknown, ConnectionLost, ConstraintViolation, TransientError
from hostsdb.errors import ConnectionFailed, InvalidData, QueryFailed, StorageError
from hostsdb.formats.hosts import file_comment
from hostsdb.formats.record import Record
from hostsdb.model import HostDeleted, HostDifference, HostEntry, HostEvent, ImportPlan, ImportSummary
from hostsdb.operations.hosts import DETAILS, changes
from hostsdb.operations.import_memory import import_in_transaction
from hostsdb.operations.inserting import insert
from hostsdb.operations.mirroring import Retagged, check_scope, missing_hosts, refuse_empty, save_before
from hostsdb.operations.preparing import prepare_steps
from hostsdb.operations.retry import run_until
from hostsdb.operations.staging import Mode, Staged, load_lines, merge_lines, union
from hostsdb.operations.steps import Operation, in_transaction, run
from hostsdb.operations.versions import database_time
from hostsdb.ulids import import_prefix

T = TypeVar("T")

# How many hosts one statement adds on SQLite, which takes about 160 bytes of memory for each. On the other engines one
# statement adds all.
_ADDED_AT_ONCE = 250_000
# How often to ask whether the transaction of an import has ended, if its commit is unknown.
_ATTEMPTS = 100


def import_hosts(
    records: Iterable[Record],
    *,
    mode: Mode = "skip",
    strict: bool = False,
    tags: Iterable[str] = (),
    created_by: str | None = None,
    allow_empty: bool = False,
) -> Operation[ImportSummary]:
    """Import the hosts of a file in one transaction, with one event for each change.

    Arguments:
        records: the result of a reader; read once, in chunks.
        mode: `skip` adds hosts whose address and hostname are new; `replace` also gives existing hosts the aliases,
            comment, tags and priority of the file; `mirror` also deletes hosts that are not in the file, and first
            stores a snapshot with the trigger `pre-mirror`. With one tag, `mirror` applies to the hosts with this tag:
            a host that is not in the file loses the tag. It is deleted if it was created with the tag and has no other
            one.
        strict: import nothing if a line is bad.
        tags: added to each host of the file, beside the tags in the file.
        created_by: who imports.
        allow_empty: `mirror` may import a file without a valid line.
    Returns:
        how many lines and hosts there were of each kind.
    Raises:
        InvalidData: strict, and a line is bad; or `mirror`, and there are several tags, or the file has no valid line.
        QueryFailed: another writer changed one of the hosts at the same time; nothing was imported.
        ConnectionFailed: the connection broke. To import the file again is safe: no host is added twice.
    """
    _check(mode, given := list(tags))
    outcome = _Outcome()
    stream = _Stream(records)

    def importing(
        loading: Operation[Staged], limit_memory: Callable[[], Operation[None]]
    ) -> Operation[ImportSummary]:
        return _import(loading, limit_memory, mode, strict, given, created_by, outcome, allow_empty)

    try:
        return (yield from _run_once(import_in_transaction(load_lines(stream, given), importing), stream))
    except CommitUnknown as unknown:
        try:
            stored = yield from _is_stored(outcome, unknown)
        except ConnectionFailed as error:
            raise unknown from error
        if not stored:
            raise _not_imported(unknown) from unknown.__cause__
        assert outcome.summary is not None
        return outcome.summary


@dataclass
class _Outcome:
    """The result of an import, and how to find it in the log.

    Attributes:
        event_prefix: the ids of the events that add hosts begin with it.
        event_ids: the ids of the other events.
        summary: None until everything is done except the commit.
    """

    event_prefix: str = ""
    event_ids: list[str] = field(default_factory=list)
    summary: ImportSummary | None = None


def _is_stored(outcome: _Outcome, unknown: CommitUnknown) -> Operation[bool]:
    added = outcome.summary is not None and outcome.summary.added
    if not added and not outcome.event_ids:
        return True  # there was nothing to store
    locked = yield from run_until(
        lambda found: found[0][0], _ATTEMPTS, "lock_import", event_prefix=outcome.event_prefix
    )
    if not locked[0][0]:
        raise unknown  # the transaction still runs
    if added:
        return bool((yield from run("first_event_with_prefix", event_prefix=outcome.event_prefix)))
    return bool((yield from run("events_by_id", event_ids=rows.to_json(outcome.event_ids[:1]))))


def plan_import(
    records: Iterable[Record],
    *,
    mode: Mode = "skip",
    tags: Iterable[str] = (),
    allow_empty: bool = False,
) -> Operation[ImportPlan]:
    """Return what import_hosts would change. Nothing is stored.

    Arguments:
        records, mode, tags, allow_empty: as in import_hosts.
    Raises:
        InvalidData, QueryFailed, ConnectionFailed: as import_hosts.
    """
    _check(mode, given := list(tags))
    stream = _Stream(records)
    planning = _plan(load_lines(stream, given), mode, given, allow_empty)
    return (yield from _run_once(in_transaction(planning), stream))


def _check(mode: Mode, tags: list[str]) -> None:
    if mode == "mirror":
        check_scope(tags)


class _Stream:
    """Records that can be read only once.

    Attributes:
        is_read: whether their reading has begun.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        self._records = records
        self.is_read = False

    def __iter__(self) -> Iterator[Record]:
        self.is_read = True
        yield from self._records


def _run_once(operation: Operation[T], stream: _Stream) -> Operation[T]:
    """Run an operation that the driver must not retry when the reading of its records has begun."""
    try:
        return (yield from operation)
    except (ConnectionLost, TransientError) as error:
        if not stream.is_read:
            raise
        raise _not_imported(error) from error.__cause__
    except ConstraintViolation as error:
        raise _not_imported(error) from error.__cause__


def _not_imported(error: StorageError) -> StorageError:
    if isinstance(error, ConnectionLost | CommitUnknown):
        return ConnectionFailed(f"{error.reason}; nothing was imported, import again")
    return QueryFailed(f"another writer was faster, nothing was imported; import again ({error})")


def _plan(
    loading: Operation[Staged], mode: Mode, tags: list[str], allow_empty: bool
) -> Operation[ImportPlan]:
    staged = yield from _stage(loading, mode, tags, allow_empty)
    added = yield from run("plan_added")
    differing = yield from _differing(tags)
    changed = [] if mode == "skip" else differing
    removed, untagged = (yield from missing_hosts(tags)) if mode == "mirror" else ([], [])
    summary = yield from staged.summary(len(added), len(changed), len(removed), len(differing), len(untagged))
    yield from run("drop_import")
    differences = [
        *(HostDifference("added", ip, name, {}) for ip, name, *_ in added),
        *(_difference(entry, wanted) for entry, wanted in (*changed, *untagged)),
        *(HostDifference("removed", entry.ip_address, entry.hostname, {}) for entry in removed),
    ]
    return ImportPlan(summary, tuple(differences))


def _stage(loading: Operation[Staged], mode: Mode, tags: list[str], allow_empty: bool) -> Operation[Staged]:
    staged = yield from loading
    yield from merge_lines()
    if mode == "mirror" and not allow_empty:
        yield from refuse_empty(tags)
    return staged


def _import(
    loading: Operation[Staged],
    limit_memory: Callable[[], Operation[None]],
    mode: Mode,
    strict: bool,
    tags: list[str],
    created_by: str | None,
    outcome: _Outcome,
    allow_empty: bool,
) -> Operation[ImportSummary]:
    milliseconds = yield from database_time()
    outcome.event_prefix = import_prefix(milliseconds)
    staged = yield from _stage(loading, mode, tags, allow_empty)
    if strict and staged.bad:
        raise InvalidData(f"{staged.bad} bad lines; nothing was imported")
    differing = yield from _differing(tags)
    changed = [] if mode == "skip" else differing
    removed, untagged = list[HostEntry](), list[Retagged]()
    if mode == "mirror":
        yield from save_before()
        removed, untagged = yield from missing_hosts(tags)
    outcome.event_ids = yield from _insert_changes([*changed, *untagged], removed, created_by, milliseconds)
    yield from limit_memory()
    added = yield from _add(tags, created_by, outcome.event_prefix)
    summary = yield from staged.summary(added, len(changed), len(removed), len(differing), len(untagged))
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
# The columns of plan_changed after those of the host.
_NEW_COLUMNS = ("new_priority", "new_comment", "new_tags", "new_aliases")


def _differing(tags: list[str]) -> Operation[list[tuple[HostEntry, _Wanted]]]:
    """Return the live hosts that differ from the file, each with the fields that the file gives it."""
    found = yield from run("plan_changed", tags=rows.to_json(tags))
    pairs = rows.readable(found, lambda row: _change(row, tags), "host", (*rows.ENTRY_COLUMNS, *_NEW_COLUMNS))
    return [
        (entry, wanted) for entry, wanted in pairs if changes(entry, **wanted) and rows.changeable([entry])
    ]


def _change(row: tuple[Any, ...], tags: list[str]) -> tuple[HostEntry, _Wanted]:
    entry, (priority, comment, new_tags, aliases) = rows.entry(row[:-4]), row[-4:]
    # Importing an exported hosts file changes no comment, also where the file has it cut or in one line.
    is_same = new_tags is None and comment == file_comment(entry)
    wanted: _Wanted = {
        "comment": entry.comment if is_same else comment,
        "aliases": tuple(json.loads(aliases)),
    }
    wanted["priority"] = entry.priority if priority is None else priority
    # A format without tags does not change the tags of a host. The tags of the import are added.
    wanted["tags"] = tuple(union(entry.tags, tags) if new_tags is None else json.loads(new_tags))
    return entry, wanted


def _difference(entry: HostEntry, wanted: _Wanted) -> HostDifference:
    changed = {
        field: (getattr(entry, field), value)
        for field, value in wanted.items()
        if getattr(entry, field) != value
    }
    return HostDifference("changed", entry.ip_address, entry.hostname, changed)


def _insert_changes(
    changed: list[tuple[HostEntry, _Wanted]],
    removed: list[HostEntry],
    created_by: str | None,
    milliseconds: int,
) -> Operation[list[str]]:
    # Field by field: one statement appends many events of one type.
    steps: list[tuple[str, HostEvent]] = [
        (entry.id, event)
        for field in DETAILS
        for entry, wanted in changed
        if field in wanted
        for event in changes(entry, **{field: wanted[field]})
    ]
    for entry in removed:
        steps.append((entry.id, HostDeleted(entry.ip_address, entry.hostname, "not in the imported file")))
    current = [*(entry for entry, _ in changed), *removed]
    inserted = yield from insert(prepare_steps(steps, current, created_by, milliseconds))
    return [event.event_id for event in inserted]
