"""Check a copy: compare the logs event by event, verify the destination, and compare the hosts of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, zip_longest
from typing import Any

from hostsdb import rows
from hostsdb.columns import NOT_READABLE
from hostsdb.copying import log
from hostsdb.copying.queries import LAST, newest_event
from hostsdb.copying.sides import Side
from hostsdb.errors import StorageError, escaped
from hostsdb.operations.steps import Rows, run
from hostsdb.operations.verifying import find_damage
from hostsdb.unreadable import plain

Row = tuple[Any, ...]

_EVENT_TIMES = tuple(map(rows.EVENT_COLUMNS.index, ("event_timestamp", "created_at")))
_ENTRY_TIMES = (7, 8)


def check_copy(source: Side, destination: Side, until: int, progress: Callable[[int], None]) -> None:
    """Compare the destination with the source, and verify the destination.

    Arguments:
        source, destination: the two databases.
        until: the position in the source of the last copied event.
        progress: called with the number of compared events.
    Raises:
        StorageError: they differ; the message names the event or the host.
    """
    _compare_logs(source, destination, until, progress)
    if faults := destination.run(find_damage):
        fault = faults[0]
        raise StorageError(f"the destination is damaged: host {escaped(fault.id)} {fault.words}")
    _compare_entries(source, destination, until)


def _compare_logs(source: Side, destination: Side, until: int, progress: Callable[[int], None]) -> None:
    compared = 0
    pages = log.pages(source, -1, until), log.pages(destination, -1, LAST)
    for theirs, ours in zip_longest(*pages, fillvalue=()):
        # Without the position: each database sets its own.
        _compare("event", _EVENT_TIMES, (row[:-1] for row in theirs), (row[:-1] for row in ours))
        compared += len(theirs)
        progress(compared)


def _compare_entries(source: Side, destination: Side, until: int) -> None:
    """Compare host_entries. A difference is ignored if the source has newer events."""
    try:
        _compare("host", _ENTRY_TIMES, chain(*_entries(source)), chain(*_entries(destination)))
    except StorageError:
        newest = source.run(newest_event)
        if newest is None or newest[1] <= until:
            raise


def _entries(side: Side) -> Iterator[Rows]:
    after = ""
    while page := side.run(run, "entries_after", id=after, limit=log.BATCH):
        # Without first_position: each database sets its own.
        yield [row[:-1] for row in page]
        after = page[-1][0]


def _compare(what: str, times: tuple[int, ...], theirs: Iterable[Row], ours: Iterable[Row]) -> None:
    for their, our in zip_longest(theirs, ours):
        if their != our and (their is None or our is None or _plain(their, times) != _plain(our, times)):
            id = escaped((their or our)[0])
            raise StorageError(
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
