"""The event store: append events to the chain of a host, and read them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hostsdb import rows
from hostsdb.engine_errors import ConstraintViolation
from hostsdb.model import StoredEvent
from hostsdb.operations.conflicts import refuse_conflicts, resolve_conflict
from hostsdb.operations.inserting import insert, is_one_statement
from hostsdb.operations.matching import event_filter, next_events
from hostsdb.operations.preparing import Appendable, prepare
from hostsdb.operations.retry import retry_unknown_commit
from hostsdb.operations.steps import Operation, ask_aborts, in_transaction, run
from hostsdb.operations.versions import VERSION_TIME, use_database_time

# Of a host: its id, its events, and the version that the first one follows.
Chain = tuple[str, Iterable[Appendable], str | None]


def append_event(
    aggregate_id: str, event: Appendable, expected_version: str | None = None
) -> Operation[StoredEvent]:
    """Append one event to the chain of a host.

    Arguments:
        aggregate_id: the host's id.
        event: the event, or an EventEnvelope with its event_id, version or times.
        expected_version: the version that the event follows; None for a new host.
    Returns:
        the stored event.
    Raises:
        ConcurrentWriteConflict, DuplicateEntry, InvalidData: as append_batch.
    """
    (stored,) = yield from append_batch([(aggregate_id, [event], expected_version)])
    return stored


def append_events(
    aggregate_id: str, events: Iterable[Appendable], expected_version: str | None = None
) -> Operation[list[StoredEvent]]:
    """Append events to the chain of one host, all or nothing.

    Arguments:
        aggregate_id: the host's id.
        events: the events or envelopes, in order.
        expected_version: the version that the first event follows; None for a new host.
    Returns:
        the stored events, in the same order.
    Raises:
        ConcurrentWriteConflict, DuplicateEntry, InvalidData: as append_batch.
    """
    return (yield from append_batch([(aggregate_id, events, expected_version)]))


def append_batch(batch: Iterable[Chain]) -> Operation[list[StoredEvent]]:
    """Append events to the chains of many hosts, all or nothing.

    Arguments:
        batch: for each host its id, its events in order, and the version that the first event follows (None for a
            new host).
    Returns:
        the stored events, in the same order. Events that are already stored with the same event_ids and content
        are returned as they are stored.
    Raises:
        ConcurrentWriteConflict: a host's current version is not the expected one.
        DuplicateEntry: another live host has the address and hostname.
        InvalidData: an event cannot be stored.
    """
    events = [row for host in batch for row in prepare(*host)]

    def attempt(commit_unknown: bool) -> Operation[list[StoredEvent]]:
        # With the same event_ids a second attempt adds nothing if the first one is stored.
        for event in events if commit_unknown else ():
            event["event_id_given"] = True
        return _append(events)

    return (yield from retry_unknown_commit(attempt))


def _append(events: list[dict[str, Any]]) -> Operation[list[StoredEvent]]:
    if (yield from ask_aborts()):
        stored = yield from refuse_conflicts(events)
        if stored:
            return stored
    try:
        return (yield from _append_once(events))
    except ConstraintViolation as refused:
        # This machine's clock is ahead of the database's.
        if refused.constraint != VERSION_TIME or not (yield from use_database_time(events)):
            return (yield from resolve_conflict(refused, events))
    try:
        return (yield from _append_once(events))
    except ConstraintViolation as refused:
        return (yield from resolve_conflict(refused, events))


def _append_once(events: list[dict[str, Any]]) -> Operation[list[StoredEvent]]:
    alone = yield from is_one_statement(events)
    return (yield from (insert(events) if alone else in_transaction(insert(events))))


def load_events(aggregate_id: str) -> Operation[list[StoredEvent]]:
    """Return the events of a host, oldest first; an empty list for an unknown id."""
    found = yield from run("load_events", aggregate_id=aggregate_id)
    return [rows.stored_event(row) for row in found]


def get_current_version(aggregate_id: str) -> Operation[str | None]:
    """Return the version after the latest event of a host, deletions included; None for an unknown id."""
    ((version,),) = yield from run("get_current_version", aggregate_id=aggregate_id)
    return version  # type: ignore[no-any-return]


def count_events(aggregate_id: str) -> Operation[int]:
    """Return the number of events of a host; 0 for an unknown id."""
    ((count,),) = yield from run("count_events", aggregate_id=aggregate_id)
    return int(count)


def events_since(
    position: int,
    limit: int = 1000,
    *,
    aggregate_id: str | None = None,
    event_types: Iterable[str] | None = None,
    tags: Iterable[str] | None = None,
) -> Operation[list[StoredEvent]]:
    """Return the events of the whole log after a position, in the order of position.

    Arguments:
        position: the position of the last event that was read; -1 for the beginning.
        limit: the maximum number of events.
        aggregate_id: only events of this host.
        event_types: only events of these types, for example `["HostCreated", "HostDeleted"]`.
        tags: only events of hosts that had all these tags before or after the event. So the event that takes a tag
            away is returned too.
    Raises:
        InvalidData: limit is negative, or there is no such event type.
    """
    wanted = event_filter(aggregate_id, event_types, tags)
    events, _ = yield from next_events(position, limit, wanted)
    return events


def log_end() -> Operation[int]:
    """Return the position up to which no more events will appear; -1 if the log is empty."""
    ((position,),) = yield from run("log_end")
    return int(position)
