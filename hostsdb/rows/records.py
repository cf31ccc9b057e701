"""Rows of snapshots and of consumers."""

from __future__ import annotations

from dataclasses import fields

from hostsdb.columns import NOT_READABLE, Unreadable, moment
from hostsdb.model import Consumer, Snapshot, SnapshotMetadata
from hostsdb.reports import cannot_be_read
from hostsdb.rows.host_entries import Row
from hostsdb.unreadable import find_reason

CONSUMER_COLUMNS = tuple(field.name for field in fields(Consumer))
SNAPSHOT_COLUMNS = tuple(field.name for field in fields(SnapshotMetadata))


def snapshot(row: Row) -> Snapshot:
    """Return the Snapshot of a row of snapshots.

    Raises:
        Unreadable: the row cannot be read.
    """
    try:
        snapshot_id, created_at, content, count, trigger, name, position = row
        return Snapshot(content, count, snapshot_id, moment(created_at), trigger, name, position)
    except NOT_READABLE as error:
        columns = (*SNAPSHOT_COLUMNS[:2], "hosts_content", *SNAPSHOT_COLUMNS[2:])
        raise Unreadable(cannot_be_read("snapshot", row[0], find_reason(columns, row, error))) from error


def snapshot_metadata(row: Row) -> SnapshotMetadata:
    """Return the SnapshotMetadata of a row of snapshots without its content."""
    snapshot_id, created_at, count, trigger, name, position = row
    return SnapshotMetadata(snapshot_id, moment(created_at), count, trigger, name, position)


def consumer(row: Row) -> Consumer:
    """Return the Consumer of a row of consumers."""
    name, position, updated_at = row
    return Consumer(name, position, moment(updated_at))
