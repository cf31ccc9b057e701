"""The rendered hosts file at a point in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rendered hosts file at a point in time. When it is saved, the storage fills in fields that are None."""

    hosts_content: str
    entry_count: int
    snapshot_id: str | None = None
    created_at: datetime | None = None
    trigger: str = "manual"
    name: str | None = None
    event_log_position: int | None = None


@dataclass(frozen=True, slots=True)
class SnapshotMetadata:
    """A snapshot without its content."""

    snapshot_id: str
    created_at: datetime
    entry_count: int
    trigger: str
    name: str | None
    event_log_position: int | None
