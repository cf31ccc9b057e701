"""Rows of host_events as events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, make_dataclass
from datetime import datetime
from typing import Any

from hostsdb.columns import NOT_READABLE, Unreadable, metadata, moment, storable, texts, version
from hostsdb.model import (
    UNREADABLE_TIME,
    AliasesModified,
    CommentUpdated,
    HostCreated,
    HostDeleted,
    HostEvent,
    HostnameChanged,
    IpAddressChanged,
    PriorityChanged,
    StoredEvent,
    TagsModified,
    UnknownEvent,
)
from hostsdb.rows.host_entries import Row
from hostsdb.unreadable import find_reason, plain, shown

EVENT_COLUMNS = (
    "event_id",
    "aggregate_id",
    "event_type",
    "event_version",
    "ip_address",
    "hostname",
    "comment",
    "tags",
    "aliases",
    "priority",
    "event_timestamp",
    "metadata",
    "created_at",
    "created_by",
    "expected_version",
    "position",
)

# See _Draft in hostsdb.rows.host_entries.
_EventDraft: Any = make_dataclass("_EventDraft", [field.name for field in fields(StoredEvent)], slots=True)


def stored_event(row: Row) -> StoredEvent:
    """Return the StoredEvent of a row of host_events; with an UnknownEvent if the row cannot be read."""
    try:
        return _stored_event(row)
    except NOT_READABLE as error:
        return _unknown(
            dict(zip(EVENT_COLUMNS, plain(row), strict=True)), find_reason(EVENT_COLUMNS, row, error)
        )


def appended(columns: dict[str, Any], row: Row) -> StoredEvent:
    """Return an event that was just stored, as `stored_event` does, in a quarter of the time.

    Arguments:
        columns: the event and its columns, as operations.preparing.prepare yields them.
        row: what the database returned: event_id, event_timestamp (NULL: created_at), created_at, position.
    """
    _, timestamp, created_at, position = row
    at = moment(created_at)
    made = _EventDraft(
        event=_as_read(columns),
        event_id=columns["event_id"],
        event_version=columns["event_version"],
        created_at=at,
        created_by=columns["created_by"],
        event_timestamp=at if timestamp is None or timestamp == created_at else moment(timestamp),
        aggregate_id=columns["aggregate_id"],
        expected_version=columns["expected_version"],
        position=position,
    )
    made.__class__ = StoredEvent
    return made  # type: ignore[no-any-return]


def _as_read(columns: dict[str, Any]) -> HostEvent:
    """Return an event as it will be read: no empty comment, tuples, and no previous value too long for metadata."""
    event: HostEvent = columns["event"]
    match event:
        case HostCreated() if event.comment != "" and type(event.tags) is type(event.aliases) is tuple:
            return event
        case IpAddressChanged() | HostnameChanged() | PriorityChanged() if columns["metadata"] != "{}":
            return event
        case CommentUpdated() if event.new_comment and columns["metadata"] != "{}":
            return event
    values = tuple(columns[name] for name in EVENT_COLUMNS[4:10])
    return _event(columns["event_type"], values, metadata(columns["metadata"]))


def _unknown(columns: dict[str, Any], reason: str) -> StoredEvent:
    texts = {name: shown(value) for name, value in columns.items()}
    return StoredEvent(
        event=UnknownEvent(texts, reason),
        event_id=texts["event_id"] or "",
        event_version=texts["event_version"] or "",
        created_at=_moment_if_readable(columns["created_at"]),
        created_by=texts["created_by"],
        event_timestamp=_moment_if_readable(columns["event_timestamp"]),
        aggregate_id=texts["aggregate_id"] or "",
        expected_version=texts["expected_version"],
        position=columns["position"],
    )


def _moment_if_readable(value: Any) -> datetime:
    try:
        return moment(value)
    except NOT_READABLE:
        return UNREADABLE_TIME


def _stored_event(row: Row) -> StoredEvent:
    event_id, aggregate_id, event_type, stored_version, *columns = row[:10]
    timestamp, stored_metadata, created_at, created_by, expected_version, position = row[10:]
    # Raises an error if one is not a text, or not a text that every engine can store.
    storable("".join(column for column in row[:9] if column is not None))
    storable((created_by or "") + (expected_version or ""))
    return StoredEvent(
        event=_event(event_type, tuple(columns), metadata(stored_metadata)),
        event_id=event_id,
        event_version=version(stored_version),
        created_at=moment(created_at),
        created_by=created_by,
        event_timestamp=moment(timestamp),
        aggregate_id=aggregate_id,
        expected_version=expected_version,
        position=position,
    )


# Of a change event whose column is not JSON: its class, the key of its previous value, the place in _event's columns.
_PLAIN_CHANGES: dict[str, tuple[Callable[[Any, Any], HostEvent], str, int]] = {
    "IpAddressChanged": (IpAddressChanged, "old_ip", 0),
    "HostnameChanged": (HostnameChanged, "old_hostname", 1),
    "PriorityChanged": (PriorityChanged, "old_priority", 5),
}


def _event(event_type: str, columns: Row, metadata: dict[str, Any]) -> HostEvent:
    ip, hostname, comment, tags, aliases, priority = columns
    _require(event_type, columns)
    match event_type:
        case "HostCreated":
            return HostCreated(ip, hostname, comment or None, texts(tags), texts(aliases), priority or 0)
        case "CommentUpdated":
            return CommentUpdated(metadata.get("old_comment"), comment or None)
        case "TagsModified":
            return TagsModified(tuple(metadata.get("old_tags") or ()), texts(tags))
        case "AliasesModified":
            return AliasesModified(tuple(metadata.get("old_aliases") or ()), texts(aliases))
        case "HostDeleted":
            return HostDeleted(ip, hostname, metadata.get("reason"))
    if event_type not in _PLAIN_CHANGES:
        raise Unreadable("its event_type is unknown")
    change, key, place = _PLAIN_CHANGES[event_type]
    return change(metadata.get(key), columns[place])


# The places in _event's columns that must not be NULL.
REQUIRED: dict[str, tuple[int, ...]] = {
    "HostCreated": (0, 1),
    "IpAddressChanged": (0,),
    "HostnameChanged": (1,),
    "CommentUpdated": (2,),
    "TagsModified": (3,),
    "AliasesModified": (4,),
    "PriorityChanged": (5,),
    "HostDeleted": (0, 1),
}


def _require(event_type: str, columns: Row) -> None:
    for place in REQUIRED.get(event_type, ()):
        if columns[place] is None:
            raise Unreadable("a column that its event_type sets is NULL")
