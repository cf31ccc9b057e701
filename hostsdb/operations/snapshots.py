"""Snapshots: the rendered hosts file, stored with its position in the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hostsdb import rows
from hostsdb.engine_errors import ConstraintViolation
from hostsdb.errors import InvalidData, NotFound
from hostsdb.formats.hosts import write
from hostsdb.model import Snapshot, SnapshotMetadata
from hostsdb.operations.retry import retry_idempotent, retry_unknown_commit, retry_write, run_until
from hostsdb.operations.steps import Operation, run
from hostsdb.ulids import new_id

_ALL = 2**63 - 1
# How often to read the state until no open transaction can add an event below the newest one. A longer transaction is
# ignored. A follower that starts at the snapshot's position does not see the events of that transaction.
_ATTEMPTS = 20
_EARLIEST = datetime.min.replace(tzinfo=UTC)


def save_snapshot(snapshot: Snapshot) -> Operation[Snapshot]:
    """Store a snapshot.

    Arguments:
        snapshot: snapshot_id and created_at may be None; then they are set to a new id and to the current time.
    Returns:
        the stored snapshot.
    Raises:
        InvalidData: a snapshot with this id exists, or a field cannot be stored.
    """
    whole = replace(
        snapshot,
        snapshot_id=new_id() if snapshot.snapshot_id is None else snapshot.snapshot_id,
        created_at=rows.moment(rows.moment_text(snapshot.created_at or datetime.now(UTC))),
    )

    def find_stored() -> Operation[Snapshot | None]:
        stored = yield from find_snapshot(whole.snapshot_id or "")
        return stored if stored == whole else None

    try:
        return (yield from retry_write(lambda: insert_snapshot(whole), find_stored))
    except ConstraintViolation as refused:
        raise InvalidData(f"the database refuses this snapshot: {refused}") from refused.__cause__


def insert_snapshot(snapshot: Snapshot) -> Operation[Snapshot]:
    """Store a snapshot that has an id and a time.

    Raises:
        ConstraintViolation: a snapshot with this id exists, or the database refused a field.
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


def get_snapshot(id: str) -> Operation[Snapshot]:
    """Return a snapshot with its content.

    Raises:
        NotFound: there is no snapshot with this id.
    """
    snapshot = yield from find_snapshot(id)
    if snapshot is None:
        raise NotFound(kind="snapshot", id=id)
    return snapshot


def find_snapshot(id: str) -> Operation[Snapshot | None]:
    """Return a snapshot with its content; None for an unknown id."""
    found = yield from run("get_snapshot", snapshot_id=id)
    return rows.snapshot(found[0]) if found else None


def list_snapshots(limit: int | None = None, offset: int | None = None) -> Operation[list[SnapshotMetadata]]:
    """Return snapshots without their content, newest first.

    Arguments:
        limit: the maximum number of snapshots; None returns all.
        offset: how many of the newest snapshots to skip.
    Raises:
        InvalidData: limit or offset is negative.
    """
    if (limit or 0) < 0 or (offset or 0) < 0:
        raise InvalidData("limit and offset must not be negative")
    found = yield from run("list_snapshots", limit=_ALL if limit is None else limit, offset=offset or 0)
    return list(rows.readable(found, rows.snapshot_metadata, "snapshot", rows.SNAPSHOT_COLUMNS))


def delete_snapshot(id: str) -> Operation[None]:
    """Delete a snapshot.

    Raises:
        NotFound: there is no snapshot with this id.
    """

    def attempt(commit_unknown: bool) -> Operation[None]:
        deleted = yield from run("delete_snapshot", snapshot_id=id)
        if not deleted and not commit_unknown:
            raise NotFound(kind="snapshot", id=id)

    yield from retry_unknown_commit(attempt)


def apply_retention_policy(max_count: int | None = None, max_age_days: float | None = None) -> Operation[int]:
    """Delete old snapshots.

    Arguments:
        max_count: how many of the newest snapshots to keep; None keeps any number.
        max_age_days: delete snapshots that are older, in days; None keeps any age.
    Returns:
        the number of deleted snapshots.
    Raises:
        InvalidData: an argument is negative.
    """
    if (max_count or 0) < 0 or (max_age_days or 0) < 0:
        raise InvalidData("max_count and max_age_days must not be negative")
    oldest = _EARLIEST
    if max_age_days is not None:
        oldest = datetime.now(UTC) - timedelta(days=min(max_age_days, 700_000))
    deleting = run(
        "apply_retention_policy",
        oldest=rows.moment_text(oldest),
        max_count=_ALL if max_count is None else max_count,
    )
    return len((yield from retry_idempotent(deleting)))


def create_snapshot(name: str | None = None, trigger: str = "manual") -> Operation[Snapshot]:
    """Render the current hosts file, and store it with its position in the log.

    Arguments:
        name: a name for people.
        trigger: the reason, one word.
    Returns:
        the stored snapshot.
    Raises:
        InvalidData: the name or the trigger cannot be stored.
    """
    return (yield from save_snapshot((yield from rendered(name, trigger))))


def rendered(name: str | None, trigger: str) -> Operation[Snapshot]:
    """Return a snapshot of the current hosts that is not stored yet."""
    found = yield from run_until(lambda found: found[0][1], _ATTEMPTS, "state_with_position")
    # Without hosts there is one row, which has a position only.
    entries = rows.entries([row[2:] for row in found if row[2] is not None])
    content = "".join(write(entries))
    return Snapshot(content, len(entries), trigger=trigger, name=name, event_log_position=found[0][0] or 0)
