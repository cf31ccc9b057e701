"""Why the database refused events, found out afterwards: in the user's words, with what it was refused for."""

from __future__ import annotations

from typing import Any

from hostsdb import rows as rows_
from hostsdb.engine_errors import ConstraintViolation, TransientError
from hostsdb.errors import ConcurrentWriteConflict, DuplicateEntry, InvalidData, escaped
from hostsdb.model import EventEnvelope
from hostsdb.operations.steps import Operation, run

_CHAIN = {
    "idx_events_aggregate",
    "host_events_one_successor",
    "host_events_predecessor",
    "host_events_first_creates",
    "host_events_deleted",
}
_Event = dict[str, Any]
_Pair = tuple[str, str]


def resolve_conflict(refused: ConstraintViolation, events: list[_Event]) -> Operation[list[EventEnvelope]]:
    """Return the stored envelopes where the same events are stored already; else raise why they are refused.

    Raises:
        TransientError: what they were refused for is no more.
        ConcurrentWriteConflict: a host's current version is not the one its event follows.
        DuplicateEntry: another live host has the address and name.
        InvalidData: these events cannot be part of the log.
    """
    stored = yield from _already_stored(refused, events)
    if stored:
        return stored
    # DuckDB does not always say which it was.
    if refused.constraint in ("host_entries_ip_address_hostname", ""):
        yield from _raise_duplicate(refused, events)
    if refused.constraint == "host_entries_ip_address_hostname":
        raise TransientError(f"the host that was in the way is gone: {refused}") from refused.__cause__
    if refused.constraint in _CHAIN or not refused.constraint:
        yield from _raise_conflict(refused, events)
    raise InvalidData(f"the database refuses this event: {refused}") from refused.__cause__


def _already_stored(refused: ConstraintViolation, events: list[_Event]) -> Operation[list[EventEnvelope]]:
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
                f"event {event_id} is already stored, with other content; give another event its own event_id"
            ) from refused.__cause__
    return [rows_.envelope(known[event["event_id"]]) for event in events]


def _same(event: _Event, row: tuple[Any, ...]) -> bool:
    stored = dict(zip(rows_.EVENT_COLUMNS, row, strict=True))
    for column in ("event_timestamp", "created_at"):
        stored[column] = rows_.moment_text(rows_.moment(stored[column]))
    filled_in = {"position"} | {c for c in ("event_timestamp", "created_at") if event[c] is None}
    if not event["version_given"]:
        # What the storage fills in differs from try to try; the chain is compared where it was given.
        filled_in |= {"event_version"}
    if not event["expected_given"]:
        filled_in |= {"expected_version"}
    return all(stored[c] == event.get(c) for c in rows_.EVENT_COLUMNS if c not in filled_in)


def _raise_duplicate(refused: ConstraintViolation, events: list[_Event]) -> Operation[None]:
    """Play the events through to the first that takes a pair of another host."""
    pairs: dict[str, _Pair | None] = {}
    for event in events:
        host = event["aggregate_id"]
        pair = yield from _pair_after(event, pairs)
        if pair is not None and pair != pairs.get(host):
            found = yield from run("find_by_ip_and_hostname", ip_address=pair[0], hostname=pair[1])
            # A host that the events have touched is where they put it, any other where it is stored.
            if pair in pairs.values() or any(row[0] not in {host, *pairs} for row in found):
                raise DuplicateEntry(ip_address=pair[0], hostname=pair[1]) from refused.__cause__
        pairs[host] = pair


def _pair_after(event: _Event, pairs: dict[str, _Pair | None]) -> Operation[_Pair | None]:
    """Return the address and name that a host has after an event, None where it is deleted."""
    if event["event_type"] == "HostDeleted":
        return None
    before = pairs.get(event["aggregate_id"])
    if before is None and event["event_type"] != "HostCreated":
        current = yield from run("get_by_id", id=event["aggregate_id"])
        before = (current[0][1], current[0][2]) if current else None
    ip, hostname = before or (None, None)
    ip, hostname = event.get("ip_address") or ip, event.get("hostname") or hostname
    return (ip, hostname) if ip and hostname else None


def _raise_conflict(refused: ConstraintViolation, events: list[_Event]) -> Operation[None]:
    seen: set[str] = set()
    for event in events:
        host, expected = event["aggregate_id"], event["expected_version"]
        if host in seen:
            continue
        seen.add(host)
        ((current,),) = yield from run("get_current_version", aggregate_id=host)
        if current != expected:
            _raise_no_creation(refused, event, current)
            raise ConcurrentWriteConflict(
                aggregate_id=host, expected_version=expected, current_version=current
            ) from refused.__cause__
        chain = yield from run("load_events", aggregate_id=host)
        if chain and chain[-1][2] == "HostDeleted":
            raise InvalidData(
                f"host {escaped(host)} is deleted and nothing follows; create a new host"
            ) from refused.__cause__


def _raise_no_creation(refused: ConstraintViolation, event: _Event, current: str | None) -> None:
    if current is None and event["event_type"] != "HostCreated" and event["expected_version"] is None:
        raise InvalidData(
            f"host {escaped(event['aggregate_id'])} does not exist; its first event is HostCreated"
        ) from refused.__cause__
    return
