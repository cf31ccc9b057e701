"""The event store: append events to the chain of a host, and read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from hostsdb import rows as rows_
from hostsdb.engine_errors import ConstraintViolation
from hostsdb.errors import InvalidData, QueryFailed
from hostsdb.model import EventEnvelope, HostEntry, HostEvent, StoredEvent
from hostsdb.operations.conflicts import refuse_conflicts, resolve_conflict
from hostsdb.operations.generations import FREEING, number_generations
from hostsdb.operations.matching import event_filter, next_events
from hostsdb.operations.retry import retry_unknown_commit
from hostsdb.operations.steps import Operation, Rows, ask_aborts, ask_dialect, in_transaction, run
from hostsdb.operations.versions import VERSION_TIME, use_database_time
from hostsdb.ulids import checked, new_id, next_version
from hostsdb.url import Dialect

Appendable = HostEvent | EventEnvelope | StoredEvent
# Of a host: its id, its events, and the version that the first one follows.
Chain = tuple[str, Iterable[Appendable], str | None]

# The engines on which one statement can insert an event and its successor.
_SEVERAL_PER_HOST: set[Dialect] = {"postgres", "sqlite"}
# The largest number of events in a statement.
_LONGEST_STATEMENT = 5000
# The database sets the position.
_GIVEN = rows_.EVENT_COLUMNS[:-1]
_values = itemgetter(*_GIVEN)
_NULLS: dict[str, Any] = dict.fromkeys(_GIVEN)


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
    if len(events) < 2:
        return (yield from insert(events))  # needs no BEGIN and COMMIT: one round trip
    several = (yield from ask_dialect()) in _SEVERAL_PER_HOST
    alone = several and len(events) <= _LONGEST_STATEMENT
    return (yield from (insert(events) if alone else in_transaction(insert(events))))


def load_events(aggregate_id: str) -> Operation[list[StoredEvent]]:
    """Return the events of a host, oldest first; an empty list for an unknown id."""
    found = yield from run("load_events", aggregate_id=aggregate_id)
    return [rows_.stored_event(row) for row in found]


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


def prepare(
    aggregate_id: str,
    events: Iterable[Appendable],
    expected_version: str | None,
    milliseconds: int | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the events of a host as columns by name. Each follows the event before it.

    Arguments:
        aggregate_id, events, expected_version: as in append_events.
        milliseconds: the time of new versions since 1970; None: the time of this machine.
    Raises:
        InvalidData: an event cannot be stored.
    """
    if not rows_.text(aggregate_id):
        raise InvalidData("the id of a host must not be empty")
    if expected_version is not None:
        checked(expected_version)
    expected_given = True
    for event in events:
        given = event if isinstance(event, (EventEnvelope, StoredEvent)) else _Bare(event)
        version = _version(given, expected_version, milliseconds)
        # One literal: three dictionaries and their union take twice as long.
        yield {
            **_NULLS,
            **rows_.event_columns(given.event),
            "event": given.event,
            "event_id": _event_id(given),
            "event_id_given": given.event_id is not None,
            "aggregate_id": aggregate_id,
            "event_version": version,
            "event_timestamp": _moment(given.event_timestamp or given.created_at),
            "created_at": _moment(given.created_at),
            "created_by": rows_.text(given.created_by),
            "expected_version": expected_version,
            "version_given": given.event_version is not None,
            "expected_given": expected_given,
        }
        expected_version, expected_given = version, given.event_version is not None


def prepare_steps(
    steps: Iterable[tuple[str, HostEvent]],
    current: Iterable[HostEntry],
    created_by: str | None,
    milliseconds: int,
) -> list[dict[str, Any]]:
    """Return events of many hosts as columns by name. Each follows the event before it of the same host.

    Arguments:
        steps: for each event the host's id, and the event.
        current: the entries of the hosts that exist.
        created_by: who changes them.
        milliseconds: the database's time since 1970.
    """
    versions: dict[str, str | None] = {entry.id: entry.event_version for entry in current}
    columns: list[dict[str, Any]] = []
    for host, event in steps:
        columns += prepare(
            host, [EventEnvelope(event, created_by=created_by)], versions.get(host), milliseconds
        )
        versions[host] = columns[-1]["event_version"]
    return columns


class _Bare:
    """An event without an envelope, as one whose fields are None. An EventEnvelope takes five times as long to make."""

    __slots__ = ("event",)
    event_id = event_version = created_at = created_by = event_timestamp = None

    def __init__(self, event: HostEvent) -> None:
        self.event = event


_Given = EventEnvelope | StoredEvent | _Bare


def _moment(given: datetime | None) -> str | None:
    return None if given is None else rows_.moment_text(given)


def _event_id(given: _Given) -> str:
    if given.event_id is None:
        return new_id()
    if not rows_.text(given.event_id):
        raise InvalidData("an event_id must not be empty")
    return given.event_id


def _version(given: _Given, expected_version: str | None, milliseconds: int | None) -> str:
    if given.event_version is None:
        return next_version(expected_version, milliseconds)
    version = checked(given.event_version)
    if expected_version is not None and version <= expected_version:
        raise InvalidData(f"event_version {version} must be greater than expected_version {expected_version}")
    return version


def insert(events: list[dict[str, Any]]) -> Operation[list[StoredEvent]]:
    """Insert prepared events with as few statements as possible. Each event comes after those that it needs.

    Raises:
        ConstraintViolation: the database refused one of them.
    """
    stored: dict[str, tuple[Any, ...]] = {}
    for together in (yield from _statements(events)):
        for first in range(0, len(together), _LONGEST_STATEMENT):
            part = together[first : first + _LONGEST_STATEMENT]
            inserted = yield from (_insert_one(*part) if len(part) == 1 else _insert_many(part))
            stored |= {row[0]: row for row in inserted}
    return [rows_.appended(event, stored[event["event_id"]]) for event in events]


def _statements(events: list[dict[str, Any]]) -> Operation[list[list[dict[str, Any]]]]:
    """Return the events that one statement can insert together, in the order of the statements."""
    if len(events) < 2 or (yield from ask_dialect()) in _SEVERAL_PER_HOST:
        return [events]
    freeing = {event["aggregate_id"] for event in events if event["event_type"] in FREEING}
    found = yield from run("pairs_by_id", ids=rows_.to_json(sorted(freeing)))
    pairs = {host: (ip_address, hostname) for host, ip_address, hostname in found}
    generations: dict[int, list[dict[str, Any]]] = defaultdict(list)
    steps = ((e["aggregate_id"], e["event_type"], e.get("ip_address"), e.get("hostname")) for e in events)
    for event, number in zip(events, number_generations(steps, pairs), strict=True):
        generations[number].append(event)
    return [generations[number] for number in sorted(generations)]


def _insert_one(event: dict[str, Any]) -> Operation[Rows]:
    # Takes a fifth less time on PostgreSQL than append_events with one event.
    return (yield from _insert_at("append_event", **{c: event[c] for c in _GIVEN}))


def _insert_many(events: list[dict[str, Any]]) -> Operation[Rows]:
    given = insertable(events, (yield from ask_dialect()))
    created_at = next(filter(None, (event["created_at"] for event in events)), None)
    return (yield from _insert_at("append_events", events=rows_.to_json(given), created_at=created_at))


def insertable(events: list[dict[str, Any]], dialect: str) -> list[Any]:
    """Return prepared events as the statement append_events takes them: by name, on SQLite in the order of columns."""
    if dialect == "sqlite":
        return list(map(_values, events))
    return [{c: event[c] for c in _GIVEN if event[c] is not None} for event in events]


def _insert_at(name: str, /, **parameters: Any) -> Operation[Rows]:
    try:
        return (yield from run(name, **parameters, now=_now()))
    except QueryFailed as error:
        denied = getattr(error.__cause__, "sqlstate", None) == "42501"
        if parameters["created_at"] is None or not denied:
            raise
        raise QueryFailed(
            "only the owner of the schema may give created_at; leave it out, and the database sets it"
        ) from error.__cause__


def _now() -> str:
    return rows_.moment_text(datetime.now(UTC))
