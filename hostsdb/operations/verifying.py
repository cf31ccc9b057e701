"""Verify that host_entries equals the fold of the log, and that the chain of each host is one path."""

from __future__ import annotations

from dataclasses import dataclass

from hostsdb.errors import escaped
from hostsdb.operations.steps import Operation, run

# The maximum number of rows of each statement. A thousand faults are enough to see that the whole log is damaged.
LIMIT = 1000

_STATEMENTS = ("verify_entries", "verify_predecessors", "verify_successors", "verify_positions")

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


def verify() -> Operation[list[Fault]]:
    """Compare host_entries with host_entries_current, and check all chains, in one snapshot of the database.

    Writers are not blocked.

    Returns:
        the faults ordered by host, at most LIMIT from each statement; an empty list if there is no fault.
    """
    yield from run("begin_reading")
    try:
        faults = []
        for statement in _STATEMENTS:
            found = yield from run(statement, limit=LIMIT)
            faults += [_fault(*row) for row in found]
    except Exception:
        yield from run("rollback")
        raise
    yield from run("commit")
    return sorted(faults, key=lambda fault: (fault.id, fault.kind, fault.words))


def _fault(kind: str, id: str, subject: str | None) -> Fault:
    words = _WORDS[kind].format(escaped(subject or ""))
    if kind == "entry_missing" and subject is not None:
        words += f"; host {escaped(subject)} holds its ip_address and hostname"
    return Fault(kind, id, words)
