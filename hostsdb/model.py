"""What hostsdb keeps: events, entries and snapshots, as frozen values.

Fields are named as the columns of the schema; lists are tuples, ids are text, moments are aware datetimes in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class HostCreated:
    """The first event of every host."""

    ip_address: str
    hostname: str
    comment: str | None = None
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IpAddressChanged:
    """The host has another address; the old one is for the reader of the history."""

    old_ip: str | None
    new_ip: str


@dataclass(frozen=True, slots=True)
class HostnameChanged:
    """The host has another name."""

    old_hostname: str | None
    new_hostname: str


@dataclass(frozen=True, slots=True)
class CommentUpdated:
    """The comment is another one; None (or the empty text) clears it."""

    old_comment: str | None
    new_comment: str | None


@dataclass(frozen=True, slots=True)
class TagsModified:
    """The tags are these now, all of them."""

    old_tags: tuple[str, ...]
    new_tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AliasesModified:
    """The aliases are these now, all of them."""

    old_aliases: tuple[str, ...]
    new_aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HostDeleted:
    """The last event of a host; nothing follows it."""

    ip_address: str
    hostname: str
    reason: str | None = None


HostEvent = (
    HostCreated
    | IpAddressChanged
    | HostnameChanged
    | CommentUpdated
    | TagsModified
    | AliasesModified
    | HostDeleted
)


@dataclass(frozen=True, slots=True)
class EventEnvelope:
    """An event with its place in the log.

    For appending, only ``event`` is needed: what is None the storage fills in. Every field is set in an envelope
    that comes back, but ``created_by`` where nobody gave one and ``expected_version`` in a host's first event.
    """

    event: HostEvent
    event_id: str | None = None
    event_version: str | None = None
    created_at: datetime | None = None
    created_by: str | None = None
    event_timestamp: datetime | None = None
    aggregate_id: str | None = None
    expected_version: str | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class HostEntry:
    """The current state of a live host."""

    id: str
    ip_address: str
    hostname: str
    comment: str | None
    tags: tuple[str, ...]
    aliases: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    event_version: str


@dataclass(frozen=True, slots=True)
class HostFilter:
    """What ``search`` looks for; None matches every host.

    ``ip_pattern`` and ``hostname_pattern`` are substrings, taken literally; the latter ignores case and looks in the
    aliases too. Every tag in ``tags`` must be one of the host's. ``ip_prefix`` is how the address begins, as in
    ``10.1.``: an index finds it, so it costs as many rows as match, where the others look at every host.
    """

    ip_pattern: str | None = None
    hostname_pattern: str | None = None
    tags: tuple[str, ...] | None = None
    ip_prefix: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rendered hosts file at a moment. For saving, what is None the storage fills in."""

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


@dataclass(frozen=True, slots=True)
class Consumer:
    """A named reader of the log, the position of the last event that it has handled, and when it did."""

    name: str
    position: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """Events for a consumer to handle, within a transaction.

    Attributes:
        events: the next ones, in the log's order; none when it has handled all.
        connection: the driver's own (psycopg's, sqlite3's or duckdb's), in the transaction that moves the consumer.
    """

    events: list[EventEnvelope]
    connection: Any


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did with the lines that it read; `skipped` counts repeats, and what skipping left as it was."""

    read: int
    added: int
    changed: int
    removed: int
    unchanged: int
    skipped: int
    bad: int


@dataclass(frozen=True, slots=True)
class HostDifference:
    """One host that would be added, changed or removed; `changes` gives the old and the new value by field."""

    kind: Literal["added", "changed", "removed"]
    ip_address: str
    hostname: str
    changes: dict[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do."""

    summary: ImportSummary
    differences: tuple[HostDifference, ...]
