"""Insert prepared events with as few statements as possible."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from hostsdb import rows
from hostsdb.errors import QueryFailed
from hostsdb.model import StoredEvent
from hostsdb.operations.generations import FREEING, number_generations
from hostsdb.operations.preparing import COLUMNS
from hostsdb.operations.steps import Operation, Rows, ask_dialect, run
from hostsdb.url import Dialect

# The engines on which one statement can insert an event and its successor.
_SEVERAL_PER_HOST: set[Dialect] = {"postgres", "sqlite"}
# The largest number of events in a statement.
_LONGEST_STATEMENT = 5000
_values = itemgetter(*COLUMNS)


def is_one_statement(events: list[dict[str, Any]]) -> Operation[bool]:
    """Return whether `insert` runs one statement for these events. Then it needs no BEGIN and COMMIT."""
    if len(events) < 2:
        return True
    several = (yield from ask_dialect()) in _SEVERAL_PER_HOST
    return several and len(events) <= _LONGEST_STATEMENT


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
    return [rows.appended(event, stored[event["event_id"]]) for event in events]


def _statements(events: list[dict[str, Any]]) -> Operation[list[list[dict[str, Any]]]]:
    """Return the events that one statement can insert together, in the order of the statements."""
    if len(events) < 2 or (yield from ask_dialect()) in _SEVERAL_PER_HOST:
        return [events]
    freeing = {event["aggregate_id"] for event in events if event["event_type"] in FREEING}
    found = yield from run("pairs_by_id", ids=rows.to_json(sorted(freeing)))
    pairs = {host: (ip_address, hostname) for host, ip_address, hostname in found}
    generations: dict[int, list[dict[str, Any]]] = defaultdict(list)
    steps = ((e["aggregate_id"], e["event_type"], e.get("ip_address"), e.get("hostname")) for e in events)
    for event, number in zip(events, number_generations(steps, pairs), strict=True):
        generations[number].append(event)
    return [generations[number] for number in sorted(generations)]


def _insert_one(event: dict[str, Any]) -> Operation[Rows]:
    # Takes a fifth less time on PostgreSQL than append_events with one event.
    return (yield from _insert_at("append_event", **{c: event[c] for c in COLUMNS}))


def _insert_many(events: list[dict[str, Any]]) -> Operation[Rows]:
    given = insertable(events, (yield from ask_dialect()))
    created_at = next(filter(None, (event["created_at"] for event in events)), None)
    return (yield from _insert_at("append_events", events=rows.to_json(given), created_at=created_at))


def insertable(events: list[dict[str, Any]], dialect: str) -> list[Any]:
    """Return prepared events as the statement append_events takes them: by name, on SQLite in the order of columns."""
    if dialect == "sqlite":
        return list(map(_values, events))
    return [{c: event[c] for c in COLUMNS if event[c] is not None} for event in events]


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
    return rows.moment_text(datetime.now(UTC))
