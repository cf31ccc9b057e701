"""The values of hostsdb: events, entries and snapshots. All are frozen.

Fields have the names of the schema's columns. Lists are tuples, ids are text, times are aware datetimes in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class HostCreated:
    """The first event of every host."""

    ip_address: str
    hostname: str
    comment: str | None = None
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    priority: int = 0


@dataclass(frozen=True, slots=True)
class IpAddressChanged:
    """The host has a new address. The old one is for readers of the history."""

    old_ip: str | None
    new_ip: str


@dataclass(frozen=True, slots=True)
class HostnameChanged:
    """The host has a new hostname."""

    old_hostname: str | None
    new_hostname: str


@dataclass(frozen=True, slots=True)
class CommentUpdated:
    """The host has a new comment. None or the empty text clears it."""

    old_comment: str | None
    new_comment: str | None


@dataclass(frozen=True, slots=True)
class TagsModified:
    """The host has these tags now, and no others."""

    old_tags: tuple[str, ...]
    new_tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AliasesModified:
    """The host has these aliases now, and no others."""

    old_aliases: tuple[str, ...]
    new_aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PriorityChanged:
    """The host has a new priority."""

    old_priority: int | None
    new_priority: int


@dataclass(frozen=True, slots=True)
class HostDeleted:
    """The last event of a host."""

    ip_address: str
    hostname: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """A stored event that this hostsdb cannot read: its type is unknown, or a column has an invalid value.

    Attributes:
        columns: the columns of the row as text, by name; None for NULL. NUL and lone surrogates are escaped.
        reason: why it cannot be read.
    """

    columns: dict[str, str | None]
    reason: str


HostEvent = (
    HostCreated
    | IpAddressChanged
    | HostnameChanged
    | CommentUpdated
    | TagsModified
    | AliasesModified
    | PriorityChanged
    | HostDeleted
    | UnknownEvent
)


@dataclass(frozen=True, slots=True)
class EventEnvelope:
    """An event to append, with fields that the caller chooses. The storage fills in fields that are None.

    Attributes:
        event: what happens to the host.
        event_id: identifies the event. A second append with the same id and content adds nothing.
        event_version: the version after the event, a ULID.
        created_at: when the event is stored. On PostgreSQL only the owner of the schema can give it.
        created_by: who makes the change.
        event_timestamp: when the change happened; None: at created_at.
    """

    event: HostEvent
    event_id: str | None = None
    event_version: str | None = None
    created_at: datetime | None = None
    created_by: str | None = None
    event_timestamp: datetime | None = None


# Instead of a stored time that cannot be read. No created_at has this value. Every time zone can show it.
UNREADABLE_TIME = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event of the log. It may be appended to another database; its position and its host's id are not used then.

    Of an UnknownEvent, a text that is NULL is the empty text, and a time that cannot be read is UNREADABLE_TIME. Its
    ``columns`` have what is stored.

    Attributes:
        event: what happened to the host.
        event_id: identifies the event.
        event_version: the version after the event, a ULID.
        created_at: when the event was stored.
        event_timestamp: when the change happened.
        aggregate_id: the host's id.
        position: the event's place in the log of its database.
        created_by: who made the change.
        expected_version: the version before the event; None in the first event of a host.
    """

    event: HostEvent
    event_id: str
    event_version: str
    created_at: datetime
    event_timestamp: datetime
    aggregate_id: str
    position: int
    created_by: str | None
    expected_version: str | None


@dataclass(frozen=True, slots=True)
class NewHost:
    """A host for ``add_hosts``. The fields are the arguments of ``add_host``."""

    ip_address: str
    hostname: str
    aliases: tuple[str, ...] = ()
    comment: str | None = None
    tags: tuple[str, ...] = ()
    priority: int = 0


class Unset:
    """The default of an argument that the caller did not give. It cannot be None, because None clears a comment."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset()


@dataclass(frozen=True, slots=True)
class HostEntry:
    """The current state of a live host.

    Files for resolvers are ordered by ``priority``, lower first, then by ``first_position``: the position of the host's
    first event. A copy of the host in another database has another ``first_position``, so it is not compared.
    """

    id: str
    ip_address: str
    hostname: str
    comment: str | None
    tags: tuple[str, ...]
    aliases: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    event_version: str
    priority: int = 0
    first_position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class HostFilter:
    """The conditions of ``search`` and ``count``. A host must match all of them; None matches every host.

    Attributes:
        ip_pattern: a part of the address, taken literally.
        ip_prefix: the beginning of the address, such as ``10.1.``.
        network: an address, which matches only itself, or a network such as ``10.0.0.0/8``, in any written form. This
            and ip_prefix use an index and read only few other rows. The other conditions read every host.
        hostname_pattern: a part of the hostname or of an alias, taken literally. Case is ignored.
        hostname: the hostname or an alias, in any written form that add_host takes.
        tags: the host must have all of them.
        without_tags: the host must have none of them.
    """

    ip_pattern: str | None = None
    ip_prefix: str | None = None
    network: str | None = None
    hostname_pattern: str | None = None
    hostname: str | None = None
    tags: tuple[str, ...] | None = None
    without_tags: tuple[str, ...] | None = None


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


@dataclass(frozen=True, slots=True)
class Consumer:
    """A named reader of the log: the position of the last event that it has handled, and when it moved there."""

    name: str
    position: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """Events for a consumer to handle, within a transaction.

    Attributes:
        events: the next events, in the order of the log; empty if all are handled.
        connection: the connection of psycopg, sqlite3 or duckdb, in the transaction that moves the consumer.
        position: the consumer's position before these events; -1 for a new one.
    """

    events: list[StoredEvent]
    connection: Any
    position: int


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """The counts of an import.

    Attributes:
        read: the lines with a host, or with something that is not a host.
        added, changed, removed: the hosts that the import added, changed and deleted.
        identical, differing: the hosts that the import left as they are, because they have the values of the file, or
            because its mode changes no host.
        repeated: the lines that were merged with an earlier line of the same address and hostname.
        bad: the lines that are not a host or have an invalid name. The valid names of such a line are imported.
        comments, blank: the comment lines and blank lines, which are not kept.
        untagged: the hosts that a mirror with a tag keeps without this tag.
    """

    read: int
    added: int
    changed: int
    removed: int
    identical: int
    differing: int
    repeated: int
    bad: int
    comments: int = 0
    blank: int = 0
    untagged: int = 0


@dataclass(frozen=True, slots=True)
class HostDifference:
    """One host that would be added, changed or removed. `changes` has the old and the new value of each field."""

    kind: Literal["added", "changed", "removed"]
    ip_address: str
    hostname: str
    changes: dict[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """The effect of an import, without its execution."""

    summary: ImportSummary
    differences: tuple[HostDifference, ...]


@dataclass(frozen=True, slots=True)
class ServedZone:
    """A zone of the name server.

    Attributes:
        name: its name, in lower case and without the root dot.
        ns: the names of its name servers, the primary first.
        mail: the mail address of its administrator.
        ttl: how long a resolver may keep its records, in seconds.
    """

    name: str
    ns: tuple[str, ...]
    mail: str
    ttl: int


@dataclass(frozen=True, slots=True)
class PoolStats:
    """The connections of a storage at one moment. An embedded engine has one connection."""

    max_connections: int
    connections: int
    idle: int
    waiting: int
