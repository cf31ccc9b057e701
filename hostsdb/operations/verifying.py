"""Verify the log, that host_entries equals its fold, the names of the name server, and that every row can be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hostsdb import rows
from hostsdb.errors import QueryFailed, escaped
from hostsdb.model import UnknownEvent
from hostsdb.operations.log_differences import log_differences
from hostsdb.operations.steps import Operation, Statement, ask_dialect, in_transaction, run
from hostsdb.operations.zones import has_zones
from hostsdb.proof.checkpoint import Checkpoint
from hostsdb.unreadable import find_reason

# The maximum number of rows of each statement. A thousand faults are enough to see that the whole log is damaged.
LIMIT = 1000

_STATEMENTS = (
    "verify_entries",
    "verify_predecessors",
    "verify_successors",
    "verify_positions",
    "verify_pairs",
)
# The number of rows that are read at once.
_PAGE = 10_000
_FIRST, _LAST = -(2**63), 2**63 - 1

# The text for each kind of fault; {} is the subject column of the statement.
_WORDS = {
    "entry_missing": "is live in the log and missing in host_entries",
    "entry_extra": "is in host_entries and not live in the log",
    "entry_differs": "differs in host_entries from the log: {}",
    "creation_misplaced": "event {}: a HostCreated is the first event, and only that",
    "predecessor_missing": "event {} follows a version that the host does not have",
    "version_not_above": "event {} has a version that is not above its predecessor's",
    "follows_deletion": "event {} follows HostDeleted",
    "position_not_above": "event {} has a position that is not above its predecessor's",
    "several_first_events": "has several first events",
    "several_successors": "several events follow version {}",
    "position_repeated": "several events have the position {}",
    "pair_taken": "{} takes the ip_address and hostname of another live host",
    "event_unreadable": "event {} cannot be read: {reason}",
    "entry_unreadable": "its row in host_entries cannot be read: {reason}",
    "snapshot_unreadable": "snapshot {} cannot be read: {reason}",
    "consumer_unreadable": "consumer {} cannot be read: {reason}",
    "name_missing": "the name server lacks its record {}; run hostsdb rebuild",
    "name_extra": "the name server has the record {}, which no host makes; run hostsdb rebuild",
    "log_head_differs": "log_head says {}, which is not the position of the newest event",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of a host.

    Attributes:
        kind: a name for programs, such as `entry_differs`.
        id: the host's id; empty if the fault does not belong to one host.
        words: the fault in one line, for people.
    """

    kind: str
    id: str
    words: str


def verify(checkpoint: Checkpoint | str | None = None) -> Operation[list[Fault]]:
    """Find damage, and rows that cannot be read, in one snapshot of the database. Writers are not blocked.

    Arguments:
        checkpoint: also compare the log with this checkpoint, or its text. A log that begins with exactly the events
            that it covers has no fault of the kind `checkpoint_differs`.
    Returns:
        the faults ordered by host, at most LIMIT of each kind of check; an empty list if there is no fault.
    Raises:
        InvalidData: the text is not a checkpoint.
    """
    given = Checkpoint.parse(checkpoint) if isinstance(checkpoint, str) else checkpoint
    damage = yield from _engine_faults()
    try:
        return damage + (yield from _in_snapshot(_all_faults(given)))
    except QueryFailed:
        if not damage:
            raise
        return damage  # the rest cannot be read


def find_damage() -> Operation[list[Fault]]:
    """Compare host_entries with host_entries_current, and check the log, as verify does. The rows are not read."""
    return (yield from _in_snapshot(_damage()))


def _in_snapshot(finding: Operation[list[Fault]]) -> Operation[list[Fault]]:
    faults = yield from in_transaction(finding, begin="begin_reading")
    return sorted(faults, key=lambda fault: (fault.id, fault.kind, fault.words))


def _all_faults(checkpoint: Checkpoint | None) -> Operation[list[Fault]]:
    faults = yield from _damage()
    differences = (yield from log_differences(checkpoint)) if checkpoint else []
    faults += [Fault("checkpoint_differs", "", str(difference)) for difference in differences]
    faults += yield from _unreadable_events()
    faults += yield from _unreadable_entries()
    faults += yield from _unreadable(
        "snapshot", "list_snapshots", rows.SNAPSHOT_COLUMNS, limit=_LAST, offset=0
    )
    faults += yield from _unreadable("consumer", "list_consumers", rows.CONSUMER_COLUMNS)
    return faults


def _damage() -> Operation[list[Fault]]:
    """Replay the log in the order of position, and compare its end with host_entries, and these with their names."""
    faults = []
    names = ("verify_names",) if (yield from has_zones()) else ()
    for statement in _STATEMENTS + names:
        found = yield from run(statement, limit=LIMIT)
        faults += [_fault(*row) for row in found]
    return faults


def _unreadable_events() -> Operation[list[Fault]]:
    faults: list[Fault] = []
    after = _FIRST
    while len(faults) < LIMIT:
        ((end,),) = yield from run("page_end", after=after, until=_LAST, limit=_PAGE)
        if end is None:
            break
        found = yield from run("events_between", after=after, until=end)
        after = end
        for envelope in map(rows.stored_event, [] if rows.all_readable(found) else found):
            if isinstance(envelope.event, UnknownEvent):
                subject = f"{envelope.event_id} at position {envelope.position}"
                faults.append(
                    _fault("event_unreadable", envelope.aggregate_id, subject, envelope.event.reason)
                )
    return faults


def _unreadable_entries() -> Operation[list[Fault]]:
    faults: list[Fault] = []
    after = ""
    # Not `run`: the id of an unreadable row may be a text that run refuses.
    while found := (yield Statement("entries_after", {"id": after, "limit": _PAGE})):
        after = found[-1][0]
        faults += [
            _fault("entry_unreadable", row[0], None, reason)
            for row in found
            if (reason := find_reason(rows.ENTRY_COLUMNS, row))
        ]
    return faults


def _unreadable(
    kind: str, statement: str, columns: Sequence[str], **parameters: int
) -> Operation[list[Fault]]:
    found = yield from run(statement, **parameters)
    return [
        _fault(f"{kind}_unreadable", "", row[0], reason)
        for row in found
        if (reason := find_reason(columns, row))
    ]


def _engine_faults() -> Operation[list[Fault]]:
    """Run the engine's own check of its files: integrity_check on SQLite, amcheck on PostgreSQL if this role may."""
    dialect = yield from ask_dialect()
    if dialect != "postgres":
        try:
            found = yield from run("check_engine", limit=LIMIT)
        except QueryFailed as error:
            found = [(str(error),)]
        return [_engine_fault(words) for (words,) in found]
    faults = []
    for (index,) in (yield from run("checkable_indexes")):
        try:
            yield from _check_index(index)
        except QueryFailed as error:
            faults.append(_engine_fault(str(error)))
    return faults


def _engine_fault(words: str) -> Fault:
    return Fault("engine_damage", "", f"the engine's own check says: {escaped(words, 500)}")


def _check_index(index: int) -> Operation[None]:
    """Check an index in a transaction of its own, which an error ends."""
    yield from run("begin_reading")
    try:
        yield from run("find_amcheck")
        yield from run("check_index", index=index)
    finally:
        yield from run("rollback")  # restores the search_path too


def _fault(kind: str, id: str, subject: str | None, reason: str = "") -> Fault:
    words = _WORDS[kind].format(escaped(subject or ""), reason=reason)
    if kind == "entry_missing" and subject is not None:
        words += f"; host {escaped(subject)} holds its ip_address and hostname"
    return Fault(kind, id, words)
