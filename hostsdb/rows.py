"""Rows of the schema as values of the library, and back. Only this module knows the order of columns."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, make_dataclass
from datetime import UTC, datetime
from json.encoder import encode_basestring
from typing import Any, TypeVar

from hostsdb.columns import NOT_READABLE, Unreadable, metadata, storable, texts, version
from hostsdb.columns import moment as moment
from hostsdb.columns import tags as tags
from hostsdb.errors import InvalidData
from hostsdb.model import (
    UNREADABLE_TIME,
    AliasesModified,
    CommentUpdated,
    Consumer,
    HostCreated,
    HostDeleted,
    HostEntry,
    HostEvent,
    HostnameChanged,
    IpAddressChanged,
    PriorityChanged,
    Snapshot,
    SnapshotMetadata,
    StoredEvent,
    TagsModified,
    UnknownEvent,
)
from hostsdb.reports import cannot_be_read, report
from hostsdb.unreadable import find_reason, plain, shown

Row = tuple[Any, ...]
T = TypeVar("T")

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
ENTRY_COLUMNS = (
    "id",
    "ip_address",
    "hostname",
    "comment",
    "tags",
    "aliases",
    "priority",
    "created_at",
    "updated_at",
    "event_version",
    "first_position",
)
CONSUMER_COLUMNS = tuple(field.name for field in fields(Consumer))
SNAPSHOT_COLUMNS = tuple(field.name for field in fields(SnapshotMetadata))

# Classes with the slots of HostEntry and StoredEvent that are not frozen. The constructor of a frozen class calls a
# function for each field and takes 1.5 times as long. The slots are the same, so an object of such a class can become a
# HostEntry or a StoredEvent.
_Draft: Any = make_dataclass("_Draft", [field.name for field in fields(HostEntry)], slots=True)
_EventDraft: Any = make_dataclass("_EventDraft", [field.name for field in fields(StoredEvent)], slots=True)

# In bytes of UTF-8; the schema refuses more.
_MAX_METADATA = 65_536

# json.dumps would make an encoder for each value. This takes longer than a short list.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def to_json(value: Any) -> str:
    """Return the JSON text of a value: compact, with Unicode unescaped."""
    return _encode(value)


def texts_to_json(texts: Iterable[str]) -> str:
    """Return to_json of a list of texts, in a fifth of the time."""
    return f"[{','.join(map(encode_basestring, texts))}]"


def moment_text(value: datetime) -> str:
    """Return a time as text that every engine reads: UTC with microseconds. It sorts as text, and SQLite stores it.

    Raises:
        InvalidData: the datetime has no time zone, or is outside the years 1 to 9999 in UTC.
    """
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidData(f"a time must be a datetime with a time zone, not {value!r}")
    try:
        return value.astimezone(UTC).isoformat(" ", "microseconds")
    except OverflowError:
        raise InvalidData(f"{value!r} is before the year 1 or after the year 9999 in UTC") from None


def entry(row: Row) -> HostEntry:
    """Return the HostEntry of a row of host_entries.

    Raises:
        Unreadable: the row cannot be read.
    """
    try:
        return _entry(row)
    except NOT_READABLE as error:
        raise Unreadable(cannot_be_read("host", row[0], find_reason(ENTRY_COLUMNS, row, error))) from error


def _entry(row: Row) -> HostEntry:
    id, ip, hostname, comment, tags_, aliases, priority, created, updated, version, first = row
    lists, times = (tags(tags_), texts(aliases)), (moment(created), moment(updated))
    made = _Draft(id, ip, hostname, comment, *lists, *times, version, priority, first)
    made.__class__ = HostEntry
    return made  # type: ignore[no-any-return]


def entries(rows: Sequence[Row], concerns: Callable[[Row], bool] = lambda row: True) -> list[HostEntry]:
    """Return the HostEntry of each row of host_entries, in their order. Report rows that cannot be read.

    Arguments:
        rows: the rows.
        concerns: says whether to report a row that cannot be read.
    """
    # The garbage collector would traverse the new values again and again, and none of them is garbage. It took a
    # quarter of the time for 100,000 rows. Of concurrent threads, the first one enables it again.
    was_on = gc.isenabled()
    gc.disable()
    try:
        return list(map(_entry, rows))
    except NOT_READABLE:
        return list(readable(rows, _entry, "host", ENTRY_COLUMNS, concerns))
    finally:
        if was_on:
            gc.enable()


def readable(
    rows: Iterable[Row],
    read: Callable[[Row], T],
    kind: str,
    columns: Sequence[str],
    concerns: Callable[[Row], bool] = lambda row: True,
) -> Iterator[T]:
    """Yield the values of rows. Report rows that cannot be read.

    Arguments:
        rows: rows of one table.
        read: returns the value of a row.
        kind: what a row is, for the report.
        columns: the columns of a row; the first one identifies it.
        concerns: says whether to report a row that cannot be read.
    """
    for row in rows:
        try:
            yield read(row)
        except NOT_READABLE as error:
            if concerns(row):
                report(kind, row[0], find_reason(columns, row, error))


def changeable(entries: Iterable[HostEntry]) -> list[HostEntry]:
    """Return the hosts whose chain an event can follow. Report the others: their rows break a rule of the schema."""
    found = []
    for entry in entries:
        try:
            version(entry.event_version)
            storable(entry.id + entry.ip_address + entry.hostname + (entry.comment or ""))
            found.append(entry)
        except NOT_READABLE as error:
            report("host", entry.id, str(error))
    return found


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
        columns: the event and its columns, as operations.events.prepare yields them.
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
_REQUIRED = {
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
    for place in _REQUIRED.get(event_type, ()):
        if columns[place] is None:
            raise Unreadable("a column that its event_type sets is NULL")


def event_change(event: HostEvent) -> tuple[str, Any, Any]:
    """Return the field of HostEntry that a change event changes, its old and its new value."""
    match event:
        case IpAddressChanged():
            return "ip_address", event.old_ip, event.new_ip
        case HostnameChanged():
            return "hostname", event.old_hostname, event.new_hostname
        case CommentUpdated():
            return "comment", event.old_comment, event.new_comment
        case TagsModified():
            return "tags", event.old_tags, event.new_tags
        case AliasesModified():
            return "aliases", event.old_aliases, event.new_aliases
        case PriorityChanged():
            return "priority", event.old_priority, event.new_priority
        case _:
            raise TypeError(f"{type(event).__name__} does not change one field")


def event_columns(event: HostEvent) -> dict[str, str | int | None]:
    """Return the columns that an event sets, by name. The other columns are NULL: not changed.

    Raises:
        InvalidData: it is not an event, or a value in it cannot be stored (an empty text, NUL, a lone surrogate, a
            priority of more than 32 bits).
    """
    kind = type(event).__name__
    match event:
        case HostCreated():
            return {
                "event_type": kind,
                "ip_address": _name(event.ip_address),
                "hostname": _name(event.hostname),
                "comment": text(event.comment) or None,
                "tags": _json_texts(event.tags),
                "aliases": _json_texts(event.aliases),
                "priority": priority(event.priority),
                "metadata": "{}",
            }
        case HostDeleted():
            ip, hostname, reason = _name(event.ip_address), _name(event.hostname), text(event.reason)
            metadata = _metadata_json("reason", reason)
            return {"event_type": kind, "ip_address": ip, "hostname": hostname, "metadata": metadata}
    column, value, key, old = _change_columns(event)
    return {"event_type": kind, column: value, "metadata": _metadata_json(key, old)}


def _metadata_json(key: str, value: str | int | list[str] | None) -> str:
    if value is None:
        return "{}"
    stored = f'{{"{key}":{encode_basestring(value) if type(value) is str else to_json(value)}}}'
    if len(stored) <= _MAX_METADATA // 4 or len(stored.encode()) <= _MAX_METADATA or key == "reason":
        return stored
    # As JSON the previous value is longer than its column allows. It is in an earlier event.
    return "{}"


def _change_columns(event: HostEvent) -> tuple[str, str | int, str, Any]:
    """Return the column that a change event sets, its value, the key of the old value in metadata, and this value."""
    match event:
        case IpAddressChanged():
            return "ip_address", _name(event.new_ip), "old_ip", text(event.old_ip)
        case HostnameChanged():
            return "hostname", _name(event.new_hostname), "old_hostname", text(event.old_hostname)
        case CommentUpdated():
            return "comment", text(event.new_comment) or "", "old_comment", text(event.old_comment)
        case TagsModified():
            return "tags", _json_texts(event.new_tags), "old_tags", list(map(text, event.old_tags))
        case AliasesModified():
            return (
                "aliases",
                _json_texts(event.new_aliases),
                "old_aliases",
                list(map(text, event.old_aliases)),
            )
        case PriorityChanged():
            old = None if event.old_priority is None else priority(event.old_priority)
            return "priority", priority(event.new_priority), "old_priority", old
        case _:
            raise InvalidData(f"{type(event).__name__} is not an event of a host")


def text(value: str | None) -> str | None:
    """Return a text that every engine can store, or None.

    Raises:
        InvalidData: it is not a text, or has a NUL character or a lone surrogate.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidData(f"{value!r} is not a text")
    if "\0" in value:
        raise InvalidData(f"{value[:60]!r} has a NUL character, which cannot be stored")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise InvalidData(f"{value[:60]!r} is not Unicode text: {error.reason}") from None
    return value


def priority(value: int) -> int:
    """Return a priority that every engine can store.

    Raises:
        InvalidData: it is not an integer of 32 bits.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**31) <= value < 2**31:
        raise InvalidData(f"a priority must be an integer from {-(2**31)} to {2**31 - 1}")
    return value


def _name(value: str) -> str:
    if not text(value):
        raise InvalidData("an address or a hostname is empty")
    return value


def _json_texts(values: Iterable[str]) -> str:
    if isinstance(values, str):
        raise InvalidData(f"expected a sequence of texts, not the text {values!r}")
    texts = [text(value) or "" for value in values]
    if not all(texts):
        raise InvalidData("a tag or an alias is empty")
    return texts_to_json(texts)
