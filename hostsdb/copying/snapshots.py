"""Copy the snapshots. Each gets the position that its event has in the destination."""

from __future__ import annotations

from dataclasses import replace

from hostsdb.copying.queries import newest_event, position_of
from hostsdb.copying.sides import Side
from hostsdb.errors import InvalidData, escaped
from hostsdb.model import Snapshot
from hostsdb.operations.snapshots import find_snapshot, insert_snapshot, list_snapshots


def copy_snapshots(source: Side, destination: Side, until: int) -> tuple[int, int]:
    """Copy the snapshots of the source to the destination, and compare them.

    Arguments:
        source, destination: the two databases.
        until: the position in the source of the last copied event.
    Returns:
        the number of added snapshots, and the number of snapshots of later events, which the next run copies.
    Raises:
        InvalidData: the destination has a different snapshot with the same id.
    """
    copied = later = 0
    for metadata in reversed(source.run(list_snapshots)):
        snapshot = source.run(find_snapshot, metadata.snapshot_id or "")
        if snapshot is None:
            continue  # deleted since
        position = snapshot.event_log_position
        newest = None if position is None else source.run(newest_event, position)
        if newest is not None and newest[1] > until:
            later += 1
            continue
        if position is not None:
            position = 0 if newest is None else destination.run(position_of, newest[0])
        copied += _copy(destination, replace(snapshot, event_log_position=position))
    return copied, later


def _copy(destination: Side, snapshot: Snapshot) -> bool:
    """Add a snapshot if it is missing. Return whether it was added."""
    id = snapshot.snapshot_id or ""
    stored = destination.run(find_snapshot, id)
    added = stored is None
    if added:
        destination.run(insert_snapshot, snapshot)
        stored = destination.run(find_snapshot, id)
    if stored != snapshot:
        raise InvalidData(
            f"the destination's snapshot {escaped(id)} differs from the source's; delete it there, and run the same "
            "command again"
        )
    return added
