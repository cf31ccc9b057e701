"""Why the database refused events, in the words of the user."""

from __future__ import annotations

from typing import Any

from hostsdb import rows as rows_
from hostsdb.engine_errors import ConstraintViolation, TransientError
from hostsdb.errors import ConcurrentWriteConflict, DuplicateEntry, InvalidData, StorageError, escaped
from hostsdb.model import StoredEvent, UnknownEvent
from hostsdb.operations.steps import Operation, Rows, run

_PAIR = "host_entries_ip_address_hostname"
_SUCCESSOR = "host_events_one_successor"
_CHAIN = {
    "idx_events_aggregate",
    _SUCCESSOR,
    "host_events_predecessor",
    "host_events_first_creates",
    "host_events_deleted",
}
_UNKNOWN = ""  # DuckDB does not always report the constraint
_Event = dict[str, Any]
_Pair = tuple[str, str]


def resolve_conflict(refused: ConstraintViolation, events: list[_Event]) -> Operation[list[StoredEvent]]:
    """Return the stored events if the same events are stored already. Otherwise raise the reason.

    Arguments:
        refused: what the engine reported.
        events: the columns of the refused events, in their order.
    Raises:
        TransientError: the host that had the address and name is gone, or another transaction adds to the host.
        ConcurrentWriteConflict: a host's current version is not the version that its event follows.
        DuplicateEntry: another live host has the address and name.
        InvalidData: these events cannot be part of the log.
    """
    stored = yield from _already_stored(refused, events)
    if stored:
        return stored
    reason: StorageError | None = None
    if refused.constraint in {_PAIR, _UNKNOWN} | _CHAIN:
        found = yield from run("conflicts", events=rows_.to_json(_wanted_pairs(events)))
        reason = find_reason(refused.constraint, events, found)
    if reason is None and refused.constraint == _PAIR:
        reason = TransientError(f"the host that had this address and name is gone: {refused}")
    if reason is None and refused.constraint == _SUCCESSOR and _follow_different(events):
        # DuckDB does not wait for the other transaction, whose event is not visible before its commit.
        reason = TransientError(f"another transaction adds an event of the host: {refused}")
    raise reason or InvalidData(f"the database refuses this event: {refused}") from refused.__cause__


def refuse_conflicts(events: list[_Event]) -> Operation[list[StoredEvent]]:
    """Do the same as resolve_conflict before the insert: where no query can run after a refused statement.

    Returns:
        the stored envelopes if the same events are stored already; an empty list if nothing is in the way.
    """
    stored = yield from _already_stored(None, events)
    if not stored and events:
        found = yield from run("conflicts", events=rows_.to_json(_wanted_pairs(events)))
        reason = find_reason(_UNKNOWN, events, found)
        if reason is not None:
            raise reason
    return stored


def _follow_different(events: list[_Event]) -> bool:
    """Return whether no two of the events follow the same version of a host."""
    return len({(event["aggregate_id"], event["expected_version"]) for event in events}) == len(events)


def _already_stored(
    refused: ConstraintViolation | None, events: list[_Event]
) -> Operation[list[StoredEvent]]:
    given = [event["event_id"] for event in events if event["event_id_given"]]
    if not given:
        return []
    found = yield from run("events_by_id", event_ids=rows_.to_json(given))
    known = {row[0]: row for row in found}
    if not known:
        return []
    for event in events:
        row = known.get(event["event_id"])
        if row is None or not _same(event, row):
            event_id = escaped(next(iter(known)))
            raise InvalidData(
                f"event {event_id} is already stored with other content; give this event another event_id"
            ) from (refused and refused.__cause__)
    return [rows_.stored_event(known[event["event_id"]]) for event in events]


def _same(event: _Event, row: tuple[Any, ...]) -> bool:
    if isinstance(rows_.stored_event(row).event, UnknownEvent):
        return False
    stored = dict(zip(rows_.EVENT_COLUMNS, row, strict=True))
    for column in ("event_timestamp", "created_at"):
        stored[column] = rows_.moment_text(rows_.moment(stored[column]))
    # What the library fills in differs from attempt to attempt. Only what the caller gave is compared.
    filled_in = {"position"} | {c for c in ("event_timestamp", "created_at") if event[c] is None}
    if not event["version_given"]:
        filled_in |= {"event_version"}
    if not event["expected_given"]:
        filled_in |= {"expected_version"}
    return all(stored[c] == event.get(c) for c in rows_.EVENT_COLUMNS if c not in filled_in)


def _wanted_pairs(events: list[_Event]) -> list[tuple[str, str | None, str | None]]:
    """Return for each event its host, and the address and name that the batch has given the host so far."""
    pairs: dict[str, tuple[str | None, str | None]] = {}
    wanted = []
    for event in events:
        host = event["aggregate_id"]
        ip_address, hostname = pairs.get(host, (None, None))
        pairs[host] = event.get("ip_address") or ip_address, event.get("hostname") or hostname
        if event["event_type"] == "HostDeleted":
            del pairs[host]
        wanted.append((host, *pairs.get(host, (None, None))))
    return wanted


def find_reason(constraint: str, events: list[_Event], found: Rows) -> StorageError | None:
    """Return the error for a refused batch; None if the stored hosts do not explain it.

    Arguments:
        constraint: the constraint that the engine reported; empty if it reported none.
        events: the columns of the events.
        found: the rows of `conflicts.sql`, one per event.
    """
    reason: StorageError | None = None
    if constraint in (_PAIR, _UNKNOWN):
        reason = _find_duplicate(events, found)
    if reason is None and constraint != _PAIR:
        reason = _find_version_conflict(events, found)
    return reason


def _find_duplicate(events: list[_Event], found: Rows) -> DuplicateEntry | None:
    """Return the error for the first event that takes the address and name of another host."""
    pairs: dict[str, _Pair | None] = {}  # of each host that the batch has touched so far
    taken: set[_Pair] = set()
    for event, (ip_address, hostname, _, holder, _) in zip(events, found, strict=True):
        host = event["aggregate_id"]
        before = pairs.get(host)
        has_pair = event["event_type"] != "HostDeleted" and ip_address and hostname
        pairs[host] = after = (ip_address, hostname) if has_pair else None
        if after == before:
            continue
        if before is not None:
            taken.remove(before)
        if after is not None:
            # The pair of a host that the batch has touched is in `taken`, or free.
            if after in taken or (holder is not None and holder not in pairs):
                return DuplicateEntry(ip_address=ip_address, hostname=hostname)
            taken.add(after)
    return None


def _find_version_conflict(events: list[_Event], found: Rows) -> StorageError | None:
    """Return the error for the first host that has not the expected version, or is deleted."""
    missing: InvalidData | None = None
    seen: set[str] = set()
    for event, (_, _, is_live, _, current) in zip(events, found, strict=True):
        host, expected = event["aggregate_id"], event["expected_version"]
        if host in seen:
            continue
        seen.add(host)
        if current != expected:
            return ConcurrentWriteConflict(
                aggregate_id=host, expected_version=expected, current_version=current
            )
        if current is not None and not is_live:
            return InvalidData(f"host {escaped(host)} is deleted, and no event can follow; create a new host")
        if current is None and event["event_type"] != "HostCreated":
            missing = InvalidData(f"host {escaped(host)} does not exist; its first event must be HostCreated")
    return missing
