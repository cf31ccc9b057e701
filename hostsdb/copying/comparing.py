"""Check a copy: compare the logs event by event, verify the destination, and compare the hosts of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from typing import Any

from hostsdb import rows
from hostsdb.columns import NOT_READABLE
from hostsdb.copying import log
from hostsdb.copying.queries import LAST, Place, newest_event, position_of
from hostsdb.copying.sides import Side
from hostsdb.errors import StorageError, escaped
from hostsdb.operations.steps import run
from hostsdb.operations.verifying import find_damage
from hostsdb.unreadable import plain

Row = tuple[Any, ...]

_EVENT_TIMES = tuple(map(rows.EVENT_COLUMNS.index, ("event_timestamp", "created_at")))
_ENTRY_TIMES = (7, 8)


class Different(StorageError):
    """A copy differs from its source."""


def check_copy(source: Side, destination: Side, place: Place, progress: Callable[[int], None]) -> None:
    """Compare the destination with the source, and verify the destination.

    Arguments:
        source, destination: the two databases. A copy between them may go on.
        place: the last copied event.
        progress: called with the number of compared events.
    Raises:
        Different: they differ; the message names the event or the host.
    """
    ours = -1 if place.event_id is None else destination.run(position_of, place.event_id)
    _compare_logs(source, destination, place.position, LAST if ours is None else ours, progress)
    if faults := destination.run(find_damage):
        fault = faults[0]
        raise Different(f"the destination is damaged: host {escaped(fault.id)} {fault.words}")
    _compare("erased host", (1,), source.run(run, "list_erasures"), destination.run(run, "list_erasures"))
    _compare_entries(source, destination, place.position)


def _compare_logs(
    source: Side, destination: Side, until: int, ours: int, progress: Callable[[int], None]
) -> None:
    compared = 0
    both = log.pages(source, -1, until), log.pages(destination, -1, ours)
    for theirs, copies in zip_longest(*both, fillvalue=()):
        # Without the position: each database sets its own.
        _compare("event", _EVENT_TIMES, (row[:-1] for row in theirs), (row[:-1] for row in copies))
        compared += len(theirs)
        progress(compared)


def _compare_entries(source: Side, destination: Side, until: int) -> None:
    """Compare host_entries. A difference is ignored if the source has newer events."""
    try:
        _compare("host", _ENTRY_TIMES, _entries(source), _entries(destination))
    except Different:
        newest = source.run(newest_event)
        if newest is None or newest[1] <= until:
            raise


def _entries(side: Side) -> Iterator[Row]:
    after = ""
    while page := side.run(run, "entries_after", id=after, limit=log.BATCH):
        # Without first_position: each database sets its own.
        yield from (row[:-1] for row in page)
        after = page[-1][0]


def _compare(what: str, times: tuple[int, ...], theirs: Iterable[Row], ours: Iterable[Row]) -> None:
    for their, our in zip_longest(theirs, ours):
        if their != our and (their is None or our is None or _plain(their, times) != _plain(our, times)):
            id = escaped((their or our)[0])
            raise Different(
                f"the destination differs from the source in {what} {id}; copy into an empty database"
            )


def _plain(row: Row, times: tuple[int, ...]) -> Row:
    return tuple(_moment(value) if column in times else value for column, value in enumerate(plain(row)))


def _moment(value: Any) -> Any:
    """Return a time, or the value itself if it is no time: the copy has it unchanged."""
    try:
        return rows.moment(value)
    except NOT_READABLE:
        return str(value)
