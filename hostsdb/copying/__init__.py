"""Copying a whole database into another one: its log and its snapshots, whatever the engines of both are."""

from __future__ import annotations

from dataclasses import dataclass

from hostsdb.copying.comparing import check_copy
from hostsdb.copying.log import Progress, copy_events, starting_point
from hostsdb.copying.queries import count_until
from hostsdb.copying.sides import Side, open_sides
from hostsdb.copying.snapshots import copy_snapshots
from hostsdb.operations.events import log_end

__all__ = ["CopySummary", "copy_database", "open_sides"]


@dataclass(frozen=True, slots=True)
class CopySummary:
    """What a copy did.

    Attributes:
        events, snapshots: how many were added to the destination now.
        all_events: how many it has, and the source had when the copy began.
        later_events, later_snapshots: how many came to the source meanwhile, for the next run.
    """

    events: int
    snapshots: int
    all_events: int
    later_events: int
    later_snapshots: int


def copy_database(source: Side, destination: Side, progress: Progress) -> CopySummary:
    """Bring a database's log and snapshots into one that is empty, or that has a part of them already.

    Arguments:
        source: it may be written to meanwhile; what comes to it later is left for the next run.
        destination: its schema is current, and nobody else writes to it.
        progress: is told now and then what is done ("copy" or "check"), how many events of it, and of how many.
    Returns:
        what was done, once the destination has been checked: its log equals the source's, event by event, its
        host_entries equals the log, and so do its snapshots.
    Raises:
        StorageError: the destination has something that is not the source's, or either of them failed; what was
            copied up to there stays, and the next run goes on from it.
    """
    until = source.run(log_end)
    start = starting_point(source, destination)
    # The destination may have what an unfinished transaction of the source hides at present.
    until = max(until, start.position)
    total = source.run(count_until, until)
    copy_events(source, destination, start, until, lambda done: progress("copy", done, total))
    snapshots, later_snapshots = copy_snapshots(source, destination, until)
    check_copy(source, destination, until, lambda done: progress("check", done, total))
    later = source.run(count_until) - total
    return CopySummary(total - start.events, snapshots, total, later, later_snapshots)
