"""The next events of the log that match a filter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, get_args

from hostsdb import rows
from hostsdb.columns import NOT_READABLE
from hostsdb.errors import InvalidData, escaped
from hostsdb.model import HostEvent, StoredEvent, UnknownEvent
from hostsdb.operations.steps import Operation, Rows, run

# How many events a statement reads at most in search of matching ones.
_WINDOW = 20_000

EVENT_TYPES = tuple(kind.__name__ for kind in get_args(HostEvent) if kind is not UnknownEvent)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events of the log to return.

    Attributes:
        aggregate_id: only events of this host; None: of all.
        event_types: only events of these types; empty: of all.
        tags: only events of a host that had all these tags before or after the event; empty: of all hosts.
    """

    aggregate_id: str | None = None
    event_types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


ALL = EventFilter()


def event_filter(
    aggregate_id: str | None, event_types: Iterable[str] | None, tags: Iterable[str] | None
) -> EventFilter:
    """Return a filter.

    Raises:
        InvalidData: an argument is not valid.
    """
    types = tuple(event_types or ())
    for unknown in set(types) - set(EVENT_TYPES):
        raise InvalidData(
            f"there are no events of type {escaped(str(unknown))}; use {', '.join(EVENT_TYPES)}"
        )
    return EventFilter(rows.text(aggregate_id), types, tuple(rows.text(tag) or "" for tag in tags or ()))


def next_events(position: int, limit: int, wanted: EventFilter) -> Operation[tuple[list[StoredEvent], int]]:
    """Return the next matching events after a position, and the position up to which the log was read.

    Raises:
        InvalidData: limit is negative.
    """
    if limit < 0:
        raise InvalidData(f"limit must not be negative: {limit}")
    if wanted == ALL:
        found = yield from run("events_since", position=position, limit=limit)
        return [rows.stored_event(row) for row in found], found[-1][-1] if found else position
    ((until,),) = yield from run("log_end")
    events: list[StoredEvent] = []
    while len(events) < limit and position < until:
        found, position = yield from _read(position, until, limit - len(events), wanted)
        events += [rows.stored_event(row[:_COLUMNS]) for row in found if _has_tags(row, wanted.tags)]
    return events, position


_COLUMNS = len(rows.EVENT_COLUMNS)
_TAGS = rows.EVENT_COLUMNS.index("tags")


def _read(after: int, until: int, limit: int, wanted: EventFilter) -> Operation[tuple[Rows, int]]:
    """Return the next rows, and the position up to which they were read."""
    if wanted.aggregate_id is None:
        ((end,),) = yield from run("page_end", after=after, until=until, limit=_WINDOW)
        until = until if end is None else end
    parameters: dict[str, Any] = {
        "after": after,
        "until": until,
        "limit": limit,
        "aggregate_id": wanted.aggregate_id,
        "event_types": f" {' '.join(wanted.event_types)} " if wanted.event_types else "",
    }
    if wanted.tags:
        found = yield from run("events_tagged", **parameters, tag=rows.to_json(wanted.tags[0]))
    else:
        found = yield from run("events_matching", **parameters)
    return found, found[-1][_COLUMNS - 1] if len(found) == limit else until


def _has_tags(row: tuple[Any, ...], wanted: tuple[str, ...]) -> bool:
    return not wanted or any(set(wanted).issubset(_tags(text)) for text in (row[_TAGS], row[-1]))


def _tags(text: str | None) -> tuple[str, ...]:
    try:
        return rows.tags(text) if text is not None else ()
    except NOT_READABLE:
        return ()
