"""Copy the log in batches, from the end of an earlier copy. Each batch is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hostsdb.copying.queries import add_copies, count_until, newest_event, position_of, read_page
from hostsdb.copying.sides import Side, named
from hostsdb.database.driver import run
from hostsdb.engine_errors import ConstraintViolation
from hostsdb.errors import InvalidData, escaped
from hostsdb.operations.snapshots import list_snapshots
from hostsdb.operations.steps import Rows
from hostsdb.rows import EVENT_COLUMNS
from hostsdb.unreadable import plain

# Events in a batch. Measured with DuckDB as the destination, where statements cost the most: 5,000 took 1.5 times as
# long, 50,000 took 140 MB more.
BATCH = 20_000

# Called with "copy" or "check", the number of events done, and the number of all events.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Start:
    """Where a copy begins.

    Attributes:
        position: the position in the source of the last event that is already copied; -1 for none.
        events: the number of events that are already copied.
    """

    position: int
    events: int


def starting_point(source: Side, destination: Side) -> Start:
    """Return where the copy begins.

    Raises:
        InvalidData: the log of the destination is not the beginning of the source's log.
    """
    newest = destination.run(newest_event)
    if newest is None:
        _refuse_foreign_snapshots(source, destination)
        return Start(-1, 0)
    events = destination.run(count_until)
    position = source.run(position_of, newest[0])
    if position is None or source.run(count_until, position) != events:
        raise InvalidData("the destination has events that are not the source's; copy into an empty database")
    return Start(position, events)


def _refuse_foreign_snapshots(source: Side, destination: Side) -> None:
    """Refuse a destination with snapshots of its own: after the copy their positions would name other events."""
    known = {snapshot.snapshot_id for snapshot in source.run(list_snapshots)}
    if any(snapshot.snapshot_id not in known for snapshot in destination.run(list_snapshots)):
        raise InvalidData(
            "the destination has snapshots that are not the source's; copy into an empty database"
        )


def pages(side: Side, after: int, until: int) -> Iterator[Rows]:
    """Yield the events between two positions in batches: after the first, up to and including the second."""
    while page := side.run(read_page, after, until, BATCH):
        yield page
        after = page[-1][-1]


def copy_events(
    source: Side, destination: Side, start: Start, until: int, progress: Callable[[int], None]
) -> None:
    """Copy the events after the start, up to and including a position of the source."""
    done = start.events
    progress(done)
    for page in pages(source, start.position, until):
        with named(destination.name):
            _add(destination, page)
        done += len(page)
        progress(done)


def _add(destination: Side, events: Rows) -> None:
    """Add a batch. A refused batch is added in halves, up to the first event that is refused alone.

    DuckDB may also refuse a batch for the order of its events.
    """
    try:
        run(destination.database.engine, lambda: add_copies(destination.dialect, events))
    except (ConstraintViolation, InvalidData, UnicodeEncodeError) as refused:
        if isinstance(refused, ConstraintViolation) and refused.constraint == "host_events_pkey":
            raise InvalidData(
                "another process writes to it; stop that process, and run the same command again"
            ) from refused
        if len(events) == 1:
            raise _refused(events[0], refused) from refused
        middle = len(events) // 2
        _add(destination, events[:middle])
        _add(destination, events[middle:])


def _refused(row: tuple[Any, ...], refused: Exception) -> InvalidData:
    columns = dict(zip(EVENT_COLUMNS, plain(row), strict=True))
    why = "a text is not UTF-8" if isinstance(refused, UnicodeEncodeError) else str(refused)
    event = escaped(str(columns["event_id"]))
    return InvalidData(
        f"it refuses event {event} at position {columns['position']} of the source ({why}); the events before it are "
        "copied"
    )
