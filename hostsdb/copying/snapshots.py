"""Copying the snapshots: as they are, but for their positions, which mean the same event in the destination."""

from __future__ import annotations

from typing import Any

from hostsdb import rows
from hostsdb.copying.queries import newest_event, position_of
from hostsdb.copying.sides import Side
from hostsdb.errors import InvalidData, escaped
from hostsdb.operations.snapshots import list_snapshots
from hostsdb.operations.steps import Operation, run
from hostsdb.url import Dialect

_COLUMNS = (
    "snapshot_id",
    "created_at",
    "hosts_content",
    "entry_count",
    "trigger",
    "name",
    "event_log_position",
)


def copy_snapshots(source: Side, destination: Side, until: int) -> tuple[int, int]:
    """Add the source's snapshots to the destination, and look whether they arrived.

    Arguments:
        source, destination: the two databases.
        until: the source's position up to which the events are copied.
    Returns:
        how many were added, and how many show a later event, so that they are left for the next run.
    Raises:
        InvalidData: the destination has another snapshot under the same id.
    """
    copied = later = 0
    for id in [snapshot.snapshot_id for snapshot in reversed(source.run(list_snapshots))]:
        for row in source.run(run, "get_snapshot", snapshot_id=id):  # none where it was deleted meanwhile
            shown = _event_shown(source, row[-1])
            if shown is not None and shown[1] > until:
                later += 1
            else:
                position = _position(destination, row[-1], shown)
                copied += _copy(destination, (*row[:-1], position))
    return copied, later


def _event_shown(source: Side, position: int | None) -> tuple[str, int] | None:
    return None if position is None else source.run(newest_event, position)


def _position(destination: Side, position: int | None, shown: tuple[str, int] | None) -> int | None:
    if position is None or shown is None:
        return None if position is None else 0
    return destination.run(position_of, shown[0])


def _copy(destination: Side, snapshot: tuple[Any, ...]) -> bool:
    """Add a snapshot unless it is there; return whether it was added."""
    id = snapshot[0]
    there = destination.run(run, "get_snapshot", snapshot_id=id)
    if not there:
        destination.run(_save, destination.dialect, snapshot)
    for stored in there or destination.run(run, "get_snapshot", snapshot_id=id):
        if _comparable(stored) == _comparable(snapshot):
            return not there
    raise InvalidData(
        f"the destination's snapshot {escaped(id)} is not the source's; delete it there and run the same command again"
    )


def _save(dialect: Dialect, snapshot: tuple[Any, ...]) -> Operation[None]:
    columns = dict(zip(_COLUMNS, snapshot, strict=True))
    if dialect != "sqlite" or not isinstance(columns["created_at"], str):
        columns["created_at"] = rows.moment_text(rows.moment(columns["created_at"]))
    yield from run("save_snapshot", **columns)


def _comparable(snapshot: tuple[Any, ...]) -> tuple[Any, ...]:
    return (rows.moment(snapshot[1]), snapshot[0], *snapshot[2:])
