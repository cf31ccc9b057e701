"""Copy the snapshots. Each gets the position that its event has in the destination."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from hostsdb.copying.adding import as_copy
from hostsdb.copying.log import LogCopy
from hostsdb.copying.origin import is_marked
from hostsdb.copying.queries import newest_event, position_of
from hostsdb.copying.sides import named
from hostsdb.database.driver import run
from hostsdb.errors import InvalidData, escaped
from hostsdb.model import Snapshot
from hostsdb.operations.snapshots import find_snapshot, insert_snapshot, list_snapshots
from hostsdb.operations.steps import Operation
from hostsdb.operations.steps import run as statement


def copy_snapshots(copy: LogCopy, *, compare: bool = True) -> tuple[int, int]:
    """Copy the snapshots of the source to the destination.

    If the destination is marked as a copy, it gets exactly the snapshots of the source: others are deleted or replaced.

    Arguments:
        copy: the two databases, and how far the log is copied.
        compare: compare those that the destination has already.
    Returns:
        the number of added snapshots, and the number of snapshots of later events, which the next run copies.
    Raises:
        InvalidData: the destination is not marked, and has a different snapshot with the same id.
    """
    added = later = 0
    source, destination = copy.source, copy.destination
    theirs = [metadata.snapshot_id or "" for metadata in source.run(list_snapshots)]
    ours = {metadata.snapshot_id or "" for metadata in destination.run(list_snapshots)}
    for id in reversed(theirs if compare else [id for id in theirs if id not in ours]):
        snapshot = source.run(find_snapshot, id)
        if snapshot is None:
            continue  # deleted since
        position = snapshot.event_log_position
        newest = None if position is None else source.run(newest_event, position)
        if newest is not None and newest[1] > copy.place.position:
            later += 1
            continue
        if position is not None:
            position = 0 if newest is None else destination.run(position_of, newest[0])
        added += _copy(copy, replace(snapshot, event_log_position=position))
    if copy.origin is not None:
        for id in ours.difference(theirs):
            _unguarded(copy, partial(_delete, id))
    return added, later


def _copy(copy: LogCopy, snapshot: Snapshot) -> bool:
    """Add a snapshot if it is missing, or replace one that differs, if that is allowed. Return whether it was added."""
    id = snapshot.snapshot_id or ""
    stored = copy.destination.run(find_snapshot, id)
    if stored == snapshot:
        return False
    # An erasure rewrites snapshots.
    if stored is not None and copy.origin is None and not copy.place.erasures:
        raise InvalidData(
            f"the destination's snapshot {escaped(id)} differs from the source's; delete it there, and run the same "
            "command again"
        )
    _unguarded(copy, partial(_replace, snapshot))
    return stored is None


def _unguarded(copy: LogCopy, steps: Callable[[], Operation[None]]) -> None:
    destination = copy.destination
    with named(destination.name):
        run(
            destination.database.engine,
            lambda: as_copy(destination.dialect, is_marked(copy.origin), steps()),
        )


def _replace(snapshot: Snapshot) -> Operation[None]:
    yield from _delete(snapshot.snapshot_id or "")
    yield from insert_snapshot(snapshot)


def _delete(id: str) -> Operation[None]:
    yield from statement("delete_snapshot", snapshot_id=id)
