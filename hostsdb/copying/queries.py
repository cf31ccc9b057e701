"""The queries of a copy. They read a log in pages, erased events included, and find events in it."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import merge
from typing import Any, NamedTuple

from hostsdb.errors import InvalidData, escaped
from hostsdb.operations.events import log_end
from hostsdb.operations.retry import retry_idempotent
from hostsdb.operations.steps import Operation, Rows, in_transaction, run
from hostsdb.unreadable import plain

LAST = 2**63 - 1

Row = tuple[Any, ...]


class Erased(NamedTuple):
    """An erased event: what is left of it, in its place in the log."""

    event_id: str
    leaf: str
    position: int


class Lost(InvalidData):
    """The source does not have what the destination has copied from it.

    Arguments:
        what: what it does not have.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what if _WAY_OUT in what else f"{what}{_WAY_OUT}")


_WAY_OUT = (
    " is not in its log, but in the copy: a standby without it was promoted, or a backup was restored; copy into an "
    "empty database, or run DELETE FROM replica_of on the copy to keep it as an independent database"
)


@dataclass(frozen=True, slots=True)
class Place:
    """How far a copy has come.

    Attributes:
        event_id: the last event that is copied; None: none.
        position: its position in the source; -1 for none.
        events: the number of copied events, erased ones included.
        erasures: the number of erased hosts in the destination.
    """

    event_id: str | None
    position: int
    events: int
    erasures: int


@dataclass(frozen=True, slots=True)
class Page:
    """What one snapshot of the source has after a place.

    Attributes:
        events: the next events, rows or Erased.
        erasures: all erased hosts, if there are more than in the destination; else nothing.
    """

    events: Rows
    erasures: Rows


def next_page(place: Place, until: int | None, limit: int) -> Operation[Page]:
    """Return what comes after a place, from one snapshot of the source.

    Arguments:
        place: how far the copy has come.
        until: the last position to read; None: the end of the log.
        limit: the maximum number of events.
    Raises:
        Lost: the source no longer has the last event that is copied, or not all erased hosts.
    """
    return (
        yield from retry_idempotent(in_transaction(_next_page(place, until, limit), begin="begin_reading"))
    )


def _next_page(place: Place, until: int | None, limit: int) -> Operation[Page]:
    if place.event_id is not None and (yield from position_of(place.event_id)) != place.position:
        raise Lost(f"event {escaped(place.event_id)}")
    number = yield from count_erasures()
    if number < place.erasures:
        raise Lost("the erasure of a host")
    erasures = (yield from run("list_erasures")) if number > place.erasures else []
    end = (yield from log_end()) if until is None else until
    return Page((yield from read_page(place.position, end, limit)), erasures)


def read_page(after: int, until: int, limit: int) -> Operation[Rows]:
    """Return the next events of the log: rows, and an Erased for each erased event.

    Arguments:
        after: the position before the first event.
        until: the last possible position.
        limit: the maximum number of events.
    """
    ((end,),) = yield from run("log_page_end", after=after, until=until, limit=limit)
    if end is None:
        return []
    events = yield from run("events_between", after=after, until=end)
    erased = yield from run("erased_between", after=after, until=end)
    if not erased:
        return events
    return list(merge(events, (Erased(*row) for row in erased), key=_position))


def _position(row: Row) -> Any:
    return plain(row)[-1]


def count_until(position: int = LAST) -> Operation[int]:
    """Return the number of events up to and including a position."""
    ((count,),) = yield from run("count_until", position=position)
    return int(count)


def count_erasures() -> Operation[int]:
    """Return the number of erased hosts."""
    ((count,),) = yield from run("count_erasures")
    return int(count)


def newest_event(position: int = LAST) -> Operation[tuple[str, int] | None]:
    """Return the id and the position of the newest event up to and including a position, or None."""
    found = yield from run("newest_event", position=position)
    return found[0] if found else None


def position_of(event_id: str) -> Operation[int | None]:
    """Return the position of an event; None if it is not stored."""
    found = yield from run("event_position", event_id=event_id)
    return found[0][0] if found else None


def leaf_of(event_id: str) -> Operation[str]:
    """Return the leaf hash of an erased event.

    Raises:
        Lost: it is not recorded as erased.
    """
    found = yield from run("erased_event", event_id=event_id)
    if not found:
        raise Lost(f"event {escaped(event_id)}")
    return found[0][0]  # type: ignore[no-any-return]
