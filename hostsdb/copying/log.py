"""Copy the log in batches, from the end of an earlier copy. Each batch is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from hostsdb.copying.adding import ANOTHER_WRITER, add_events, as_copy, continues, erase_host
from hostsdb.copying.origin import is_marked, refuse_other_origin
from hostsdb.copying.queries import (
    Lost,
    Place,
    Row,
    count_erasures,
    count_until,
    leaf_of,
    newest_event,
    next_page,
    position_of,
    read_page,
)
from hostsdb.copying.sides import Side, named
from hostsdb.database.driver import run
from hostsdb.engine_errors import ConstraintViolation
from hostsdb.errors import InvalidData, StorageError, escaped
from hostsdb.operations.events import load_events
from hostsdb.operations.snapshots import list_snapshots
from hostsdb.operations.steps import Operation, Rows
from hostsdb.operations.steps import run as statement
from hostsdb.unreadable import plain

# Events in a batch. Measured with DuckDB as the destination, where statements cost the most: 5,000 took 1.5 times as
# long, 50,000 took 140 MB more.
BATCH = 20_000


class LogCopy:
    """The copy of a log, continued from what the destination has.

    Arguments (and attributes):
        source, destination: the two databases.
        origin: the mark of the destination; None if it has none.
        place: how far the copy has come.
    Raises:
        InvalidData: the log of the destination is not the beginning of the source's log.
    """

    def __init__(self, source: Side, destination: Side) -> None:
        self.source: Side = source
        self.destination: Side = destination
        self.origin: str | None = refuse_other_origin(source, destination)
        self.place: Place = self._start()

    def _start(self) -> Place:
        source, destination = self.source, self.destination
        newest = destination.run(newest_event)
        erasures = destination.run(count_erasures)
        if newest is None:
            if self.origin is None:
                _refuse_foreign_snapshots(source, destination)
            return Place(None, -1, 0, erasures)
        event_id, events = newest[0], destination.run(count_until)
        position = source.run(position_of, event_id)
        if position is None or source.run(count_until, position) != events:
            if self.origin is not None:
                raise Lost(f"the source: event {escaped(event_id)}")
            raise InvalidData(
                "the destination has events that are not the source's; copy into an empty database"
            )
        return Place(event_id, position, events, erasures)

    def proceed(self, until: int | None, progress: Callable[[int], None] = lambda done: None) -> int:
        """Copy the next events and erasures.

        Arguments:
            until: the position in the source of the last event to copy; None: up to the end of the log.
            progress: called with the number of copied events, those of earlier copies included.
        Returns:
            the number of events that were copied.
        Raises:
            Lost: the source no longer has what was copied.
            InvalidData: another process writes to the destination, or it refuses an event.
        """
        before = self.place.events
        progress(before)
        while True:
            page = self.source.run(next_page, self.place, until, BATCH)
            with named(self.destination.name):
                self._erase(page.erasures)
                self._add(page.events)
            if not page.events:
                return self.place.events - before
            progress(self.place.events)

    def _add(self, events: Rows) -> None:
        """Add a batch. A refused batch is added in halves, up to the first event that is refused alone.

        DuckDB may also refuse a batch for the order of its events.
        """
        if not events:
            return
        try:
            self._as_copy(partial(add_events, self.destination.dialect, events))
        except (ConstraintViolation, InvalidData, UnicodeEncodeError) as refused:
            if isinstance(refused, ConstraintViolation) and refused.constraint == "host_events_pkey":
                raise StorageError(ANOTHER_WRITER) from refused
            if len(events) == 1:
                raise _refused(events[0], refused) from refused
            middle = len(events) // 2
            self._add(events[:middle])
            self._add(events[middle:])
        else:
            last = plain(events[-1])
            self.place = Place(last[0], last[-1], self.place.events + len(events), self.place.erasures)

    def _erase(self, erasures: Rows) -> None:
        """Erase the hosts that the source has erased since."""
        done = {row[0] for row in self.destination.run(statement, "list_erasures")} if erasures else set()
        for erasure in erasures:
            if erasure[0] not in done:
                stored = self.destination.run(load_events, erasure[0])
                leaves = {event.event_id: self.source.run(leaf_of, event.event_id) for event in stored}
                self._as_copy(partial(erase_host, erasure, leaves))
                self.place = replace(self.place, erasures=self.place.erasures + 1)

    def _as_copy(self, steps: Callable[[], Operation[None]]) -> None:
        """Take steps in the destination, in one transaction, if it is still as this copy has left it."""
        destination, place = self.destination, self.place

        def attempt() -> Operation[None]:
            return as_copy(destination.dialect, is_marked(self.origin), continues(place.event_id), steps())

        run(destination.database.engine, attempt)


def pages(side: Side, after: int, until: int) -> Iterator[Rows]:
    """Yield the events between two positions in batches: after the first, up to and including the second."""
    while page := side.run(read_page, after, until, BATCH):
        yield page
        after = plain(page[-1])[-1]


def _refuse_foreign_snapshots(source: Side, destination: Side) -> None:
    """Refuse a destination with snapshots of its own: after the copy their positions would name other events."""
    known = {snapshot.snapshot_id for snapshot in source.run(list_snapshots)}
    if any(snapshot.snapshot_id not in known for snapshot in destination.run(list_snapshots)):
        raise InvalidData(
            "the destination has snapshots that are not the source's; copy into an empty database"
        )


def _refused(row: Row, refused: Exception) -> InvalidData:
    event_id, *_, position = plain(row)
    why = "a text is not UTF-8" if isinstance(refused, UnicodeEncodeError) else str(refused)
    return InvalidData(
        f"it refuses event {escaped(str(event_id))} at position {position} of the source ({why}); the events before it "
        "are copied"
    )
