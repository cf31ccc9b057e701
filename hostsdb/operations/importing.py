"""Importing many hosts: they are loaded into a temporary table, compared there, and inserted by a few statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hostsdb.engine_errors import CommitUnknown
from hostsdb.errors import ConnectionFailed, InvalidData
from hostsdb.formats.record import Record
from hostsdb.model import HostDifference, HostEntry, ImportPlan, ImportSummary
from hostsdb.operations.import_changes import add_new, difference, differing_hosts, insert_changes
from hostsdb.operations.import_memory import import_in_transaction
from hostsdb.operations.import_outcome import Outcome, Stream, is_stored, not_imported, run_once
from hostsdb.operations.mirroring import Retagged, check_scope, missing_hosts, refuse_empty, save_before
from hostsdb.operations.staging import Mode, Staged, load_lines, merge_lines
from hostsdb.operations.steps import Operation, in_transaction, run
from hostsdb.operations.versions import database_time
from hostsdb.ulids import import_prefix


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
    outcome = Outcome()
    stream = Stream(records)

    def importing(
        loading: Operation[Staged], limit_memory: Callable[[], Operation[None]]
    ) -> Operation[ImportSummary]:
        return _import(loading, limit_memory, mode, strict, given, created_by, outcome, allow_empty)

    try:
        return (yield from run_once(import_in_transaction(load_lines(stream, given), importing), stream))
    except CommitUnknown as unknown:
        try:
            stored = yield from is_stored(outcome, unknown)
        except ConnectionFailed as error:
            raise unknown from error
        if not stored:
            raise not_imported(unknown) from unknown.__cause__
        assert outcome.summary is not None
        return outcome.summary


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
    stream = Stream(records)
    planning = _plan(load_lines(stream, given), mode, given, allow_empty)
    return (yield from run_once(in_transaction(planning), stream))


def _check(mode: Mode, tags: list[str]) -> None:
    if mode == "mirror":
        check_scope(tags)


def _plan(
    loading: Operation[Staged], mode: Mode, tags: list[str], allow_empty: bool
) -> Operation[ImportPlan]:
    staged = yield from _stage(loading, mode, tags, allow_empty)
    added = yield from run("plan_added")
    differing = yield from differing_hosts(tags)
    changed = [] if mode == "skip" else differing
    removed, untagged = (yield from missing_hosts(tags)) if mode == "mirror" else ([], [])
    summary = yield from staged.summary(len(added), len(changed), len(removed), len(differing), len(untagged))
    yield from run("drop_import")
    differences = [
        *(HostDifference("added", ip, name, {}) for ip, name, *_ in added),
        *(difference(entry, wanted) for entry, wanted in (*changed, *untagged)),
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
    outcome: Outcome,
    allow_empty: bool,
) -> Operation[ImportSummary]:
    milliseconds = yield from database_time()
    outcome.event_prefix = import_prefix(milliseconds)
    staged = yield from _stage(loading, mode, tags, allow_empty)
    if strict and staged.bad:
        raise InvalidData(f"{staged.bad} bad lines; nothing was imported")
    differing = yield from differing_hosts(tags)
    changed = [] if mode == "skip" else differing
    removed, untagged = list[HostEntry](), list[Retagged]()
    if mode == "mirror":
        yield from save_before()
        removed, untagged = yield from missing_hosts(tags)
    outcome.event_ids = yield from insert_changes([*changed, *untagged], removed, created_by, milliseconds)
    yield from limit_memory()
    added = yield from add_new(tags, created_by, outcome.event_prefix)
    summary = yield from staged.summary(added, len(changed), len(removed), len(differing), len(untagged))
    yield from run("drop_import")
    yield from run("lock_import", event_prefix=outcome.event_prefix)
    outcome.summary = summary
    return summary
