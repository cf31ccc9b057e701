"""The event store: appending to a host's chain, and reading it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from hostsdb import rows as rows_
from hostsdb.engine_errors import ConstraintViolation
from hostsdb.errors import InvalidData
from hostsdb.model import EventEnvelope, HostEvent
from hostsdb.operations.conflicts import resolve_conflict
from hostsdb.operations.retry import retry_unknown_commit
from hostsdb.operations.steps import Operation, Rows, in_transaction, run
from hostsdb.ulids import checked, new_id, next_version

Appendable = HostEvent | EventEnvelope
Batch = Iterable[tuple[str, Iterable[Appendable], str | None]]

# Only these can meet another host's address and name in mid-statement, so each of them goes alone.
_ORDER_MATTERS = {"IpAddressChanged", "HostnameChanged"}
_LONGEST_RUN = 5000
# The database gives the position.
_GIVEN = rows_.EVENT_COLUMNS[:-1]


def append_event(
    aggregate_id: str, event: Appendable, expected_version: str | None = None
) -> Operation[EventEnvelope]:
    """Append one event to a host's chain; see append_batch."""
    (stored,) = yield from append_batch([(aggregate_id, [event], expected_version)])
    return stored


def append_events(
    aggregate_id: str, events: Iterable[Appendable], expected_version: str | None = None
) -> Operation[list[EventEnvelope]]:
    """Append events to one host's chain, all or nothing; see append_batch."""
    return (yield from append_batch([(aggregate_id, events, expected_version)]))


def append_batch(batch: Batch) -> Operation[list[EventEnvelope]]:
    """Append events to the chains of many hosts, all or nothing.

    Arguments:
        batch: for each host its id, its events in order, and the version that they follow (None: it is new).
    Returns:
        the stored envelopes, in the order given.
    """
    events = [row for host in batch for row in prepare(*host)]

    def attempt(commit_unknown: bool) -> Operation[list[EventEnvelope]]:
        # With the same ids the same again adds nothing where the first is stored, or still about to be.
        for event in events if commit_unknown else ():
            event["event_id_given"] = True
        return _append(events)

    return (yield from retry_unknown_commit(attempt))


def _append(events: list[dict[str, Any]]) -> Operation[list[EventEnvelope]]:
    inserting = insert(events)
    try:
        # One statement is a transaction of its own, and one round trip.
        alone = len(list(islice(_runs(events), 2))) < 2
        return (yield from (inserting if alone else in_transaction(inserting)))
    except ConstraintViolation as refused:
        return (yield from resolve_conflict(refused, events))


def load_events(aggregate_id: str) -> Operation[list[EventEnvelope]]:
    """Return a host's events in the order of its chain; none for no such host."""
    found = yield from run("load_events", aggregate_id=aggregate_id)
    return [rows_.envelope(row) for row in found]


def get_current_version(aggregate_id: str) -> Operation[str | None]:
    """Return the version after a host's latest event, a deletion included; None for no such host."""
    ((version,),) = yield from run("get_current_version", aggregate_id=aggregate_id)
    return version  # type: ignore[no-any-return]


def count_events(aggregate_id: str) -> Operation[int]:
    """Return how many events a host has; 0 for no such host."""
    ((count,),) = yield from run("count_events", aggregate_id=aggregate_id)
    return int(count)


def events_since(position: int, limit: int = 1000) -> Operation[list[EventEnvelope]]:
    """Return the next events of the whole log after a position, in its order, at most `limit` of them."""
    if limit < 0:
        raise InvalidData(f"limit={limit}: a number of events belongs there")
    found = yield from run("events_since", position=position, limit=limit)
    return [rows_.envelope(row) for row in found]


def log_end() -> Operation[int]:
    """Return the position up to which the log is complete for good; -1 where it is empty."""
    ((position,),) = yield from run("log_end")
    return int(position)


def prepare(
    aggregate_id: str, events: Iterable[Appendable], expected_version: str | None
) -> Iterator[dict[str, Any]]:
    """Yield a host's events as columns by name, each following the one before it.

    Raises:
        InvalidData: something in them cannot be stored.
    """
    if not rows_.text(aggregate_id):
        raise InvalidData("a host's id is empty")
    expected_given = True
    for event in events:
        given = event if isinstance(event, EventEnvelope) else EventEnvelope(event)
        version = _version(given, expected_version)
        yield rows_.event_columns(given.event) | {
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


def _moment(given: datetime | None) -> str | None:
    return None if given is None else rows_.moment_text(given)


def _event_id(given: EventEnvelope) -> str:
    if given.event_id is None:
        return new_id()
    if not rows_.text(given.event_id):
        raise InvalidData("an event_id is empty")
    return given.event_id


def _version(given: EventEnvelope, expected_version: str | None) -> str:
    if expected_version is not None:
        checked(expected_version)
    if given.event_version is None:
        return next_version(expected_version)
    version = checked(given.event_version)
    if expected_version is not None and version <= expected_version:
        raise InvalidData(f"version {version} is not above its predecessor {expected_version}")
    return version


def _runs(events: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Cut events into runs that one statement may insert: of one type, each of another host."""
    run_: list[dict[str, Any]] = []
    hosts: set[str] = set()
    for event in events:
        alone = event["event_type"] in _ORDER_MATTERS
        if run_ and (
            alone
            or event["event_type"] != run_[0]["event_type"]
            or event["aggregate_id"] in hosts
            or len(run_) == _LONGEST_RUN
        ):
            yield run_
            run_, hosts = [], set()
        run_.append(event)
        hosts.add(event["aggregate_id"])
    if run_:
        yield run_


def insert(events: list[dict[str, Any]]) -> Operation[list[EventEnvelope]]:
    """Insert prepared events in their order, in as few statements as the order allows.

    Raises:
        ConstraintViolation: the database does not take one of them.
    """
    stored: dict[str, tuple[Any, ...]] = {}
    for run_ in _runs(events):
        inserted = yield from (_insert_one(*run_) if len(run_) == 1 else _insert_many(run_))
        stored |= {row[0]: row for row in inserted}
    return [rows_.envelope(_row(event, stored[event["event_id"]])) for event in events]


def _insert_one(event: dict[str, Any]) -> Operation[Rows]:
    # A fifth less of PostgreSQL's time than append_events takes for one.
    return (yield from run("append_event", **{c: event.get(c) for c in _GIVEN}, now=_now()))


def _insert_many(events: list[dict[str, Any]]) -> Operation[Rows]:
    columns = [{c: event[c] for c in _GIVEN if c in event} for event in events]
    return (yield from run("append_events", events=rows_.to_json(columns), now=_now()))


def _now() -> str:
    return rows_.moment_text(datetime.now(UTC))


def _row(event: dict[str, Any], stored: tuple[Any, ...]) -> tuple[Any, ...]:
    _, event_timestamp, created_at, position = stored
    whole = event | {"event_timestamp": event_timestamp, "created_at": created_at, "position": position}
    return tuple(whole.get(column) for column in rows_.EVENT_COLUMNS)
