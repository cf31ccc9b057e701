"""Snapshots: the hosts file as it was, kept, and gone back to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hostsdb import rows
from hostsdb.engine_errors import ConstraintViolation
from hostsdb.errors import InvalidData, NotFound
from hostsdb.formats.hosts import write
from hostsdb.model import HostEntry, Snapshot, SnapshotMetadata
from hostsdb.operations.retry import retry_idempotent, retry_write
from hostsdb.operations.steps import Operation, run
from hostsdb.ulids import new_id

_ALL = 2**63 - 1
# How often to look for a moment at which no transaction is still adding events below the newest one. A long one is not
# waited for: then a follower that starts at the snapshot's position does not see what it adds.
_ATTEMPTS = 20
_EARLIEST = datetime.min.replace(tzinfo=UTC)


def save_snapshot(snapshot: Snapshot) -> Operation[Snapshot]:
    """Store a snapshot; what is None in it (its id, its moment) is filled in.

    Returns:
        the snapshot as it is stored.
    Raises:
        InvalidData: a snapshot with this id is stored already, or a field cannot be stored.
    """
    whole = replace(
        snapshot,
        snapshot_id=new_id() if snapshot.snapshot_id is None else snapshot.snapshot_id,
        created_at=rows.moment(rows.moment_text(snapshot.created_at or datetime.now(UTC))),
    )
    try:
        return (yield from retry_write(lambda: insert_snapshot(whole), lambda: _stored(whole)))
    except ConstraintViolation as refused:
        raise InvalidData(f"the database refuses this snapshot: {refused}") from refused.__cause__


def insert_snapshot(snapshot: Snapshot) -> Operation[Snapshot]:
    """Store a snapshot in which nothing is to be filled in.

    Raises:
        ConstraintViolation: there is one with this id, or the database does not take a field.
    """
    assert snapshot.created_at is not None
    yield from run(
        "save_snapshot",
        snapshot_id=rows.text(snapshot.snapshot_id),
        created_at=rows.moment_text(snapshot.created_at),
        hosts_content=rows.text(snapshot.hosts_content),
        entry_count=snapshot.entry_count,
        trigger=rows.text(snapshot.trigger),
        name=rows.text(snapshot.name),
        event_log_position=snapshot.event_log_position,
    )
    return snapshot


def _stored(snapshot: Snapshot) -> Operation[Snapshot | None]:
    found = yield from run("get_snapshot", snapshot_id=snapshot.snapshot_id)
    return snapshot if found and rows.snapshot(found[0]) == snapshot else None


def get_snapshot(id: str) -> Operation[Snapshot]:
    """Return a snapshot with its content.

    Raises:
        NotFound: there is none with this id.
    """
    found = yield from run("get_snapshot", snapshot_id=id)
    if not found:
        raise NotFound(kind="snapshot", id=id)
    return rows.snapshot(found[0])


def list_snapshots(limit: int | None = None, offset: int | None = None) -> Operation[list[SnapshotMetadata]]:
    """Return the snapshots without their content, newest first: `limit` of them, after the first `offset`."""
    if (limit or 0) < 0 or (offset or 0) < 0:
        raise InvalidData("limit and offset count snapshots: they are not negative")
    found = yield from run("list_snapshots", limit=_ALL if limit is None else limit, offset=offset or 0)
    return list(map(rows.snapshot_metadata, found))


def delete_snapshot(id: str) -> Operation[None]:
    """Delete a snapshot.

    Raises:
        NotFound: there is none with this id.
    """
    yield from retry_write(lambda: _delete(id), _gone)


def _delete(id: str) -> Operation[bool]:
    deleted = yield from run("delete_snapshot", snapshot_id=id)
    if not deleted:
        raise NotFound(kind="snapshot", id=id)
    return True


def _gone() -> Operation[bool]:
    """Return True: whose answer was lost has deleted what the next one does not find."""
    yield from ()
    return True


def apply_retention_policy(max_count: int | None = None, max_age_days: float | None = None) -> Operation[int]:
    """Delete snapshots that are older than `max_age_days` or not among the newest `max_count`; None: no limit.

    Returns:
        how many were deleted.
    """
    if (max_count or 0) < 0 or (max_age_days or 0) < 0:
        raise InvalidData("max_count and max_age_days are not negative")
    oldest = _EARLIEST
    if max_age_days is not None:
        age = timedelta(days=min(max_age_days, 700_000))
        oldest = datetime.now(UTC) - age
    deleting = run(
        "apply_retention_policy",
        oldest=rows.moment_text(oldest),
        max_count=_ALL if max_count is None else max_count,
    )
    return len((yield from retry_idempotent(deleting)))


def create_snapshot(name: str | None = None, trigger: str = "manual") -> Operation[Snapshot]:
    """Render the current hosts file and store it, with the position in the log that it shows.

    Arguments:
        name: what people shall call it.
        trigger: why it was made, one word.
    """
    return (yield from save_snapshot((yield from rendered(name, trigger))))


def rendered(name: str | None, trigger: str) -> Operation[Snapshot]:
    """Return a snapshot of the current hosts that is not stored yet."""
    content, count, position = yield from _current_state()
    return Snapshot(content, count, trigger=trigger, name=name, event_log_position=position)


def _current_state() -> Operation[tuple[str, int, int]]:
    for _ in range(_ATTEMPTS):
        found = yield from run("state_with_position")
        if found[0][1]:
            break
        yield from run("sleep")
    entries: list[HostEntry] = [rows.entry(row[2:]) for row in found if row[2] is not None]
    return "".join(write(entries)), len(entries), found[0][0] or 0
