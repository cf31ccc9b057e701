"""Copy a database into another one: its log and its snapshots, between any two engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hostsdb.copying.comparing import check_copy
from hostsdb.copying.log import LogCopy
from hostsdb.copying.queries import count_until
from hostsdb.copying.sides import Side, open_sides
from hostsdb.copying.snapshots import copy_snapshots
from hostsdb.operations.events import log_end

__all__ = ["CopySummary", "Progress", "copy_database", "open_sides"]

# Called with "copy" or "check", the number of events done, and the number of all events.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class CopySummary:
    """The result of a copy.

    Attributes:
        events, snapshots: the numbers that this run added to the destination.
        all_events: the number of events in the destination, and in the source when the copy began.
        later_events, later_snapshots: the numbers added to the source since then. The next run copies them.
    """

    events: int
    snapshots: int
    all_events: int
    later_events: int
    later_snapshots: int


def copy_database(source: Side, destination: Side, progress: Progress) -> CopySummary:
    """Copy the log and the snapshots of a database into an empty one, or into one with a part of them.

    At the end the destination is checked: its log and its snapshots equal the source's, and its host_entries equals
    its log.

    Arguments:
        source: others may write to it. The next run copies what they add.
        destination: its schema is current, and no other process writes to it.
        progress: called with "copy" or "check", the number of events done, and the number of all events.
    Returns:
        what was copied.
    Raises:
        StorageError: the destination has data that is not in the source, or one of the databases failed. What was
            copied before stays, and the next run continues from there.
    """
    until = source.run(log_end)
    copy = LogCopy(source, destination)
    # An earlier run may have copied events that an open transaction of the source hides now.
    until = max(until, copy.place.position)
    total = source.run(count_until, until)
    events = copy.proceed(until, lambda done: progress("copy", done, total))
    snapshots, later_snapshots = copy_snapshots(copy)
    check_copy(source, destination, copy.place, lambda done: progress("check", done, total))
    later = source.run(count_until) - total
    return CopySummary(events, snapshots, total, later, later_snapshots)
