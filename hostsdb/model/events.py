"""Events of hosts, before and after they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


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
