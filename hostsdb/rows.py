"""Rows of the schema as values of the library, and back. Only this module knows the order of columns."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Sequence
from dataclasses import fields, make_dataclass
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from hostsdb.errors import InvalidData, QueryFailed, escaped
from hostsdb.model import (
    AliasesModified,
    CommentUpdated,
    EventEnvelope,
    HostCreated,
    HostDeleted,
    HostEntry,
    HostEvent,
    HostnameChanged,
    IpAddressChanged,
    Snapshot,
    SnapshotMetadata,
    TagsModified,
)

Row = Sequence[Any]

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
    "event_timestamp",
    "metadata",
    "created_at",
    "created_by",
    "expected_version",
    "position",
)

# A class with HostEntry's slots that is not frozen. The constructor of a frozen class calls a function for each field
# and takes 1.5 times as long. The slots are the same, so an object of this class can become a HostEntry.
_Draft: Any = make_dataclass("_Draft", [field.name for field in fields(HostEntry)], slots=True)

_decode = json.JSONDecoder().raw_decode

# Reading raises these for a row that the schema does not allow.
_NOT_STORABLE = (ValueError, TypeError, AttributeError)

# json.dumps would make an encoder for each value. This takes longer than a short list.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def to_json(value: Any) -> str:
    """Return the JSON text of a value: compact, with Unicode unescaped."""
    return _encode(value)


def texts_to_json(texts: Iterable[str]) -> str:
    """Return to_json of a list of texts, in a fifth of the time."""
    return f"[{','.join(map(encode_basestring, texts))}]"


def moment(value: datetime | str) -> datetime:
    """Return a time of the database as an aware datetime in UTC. SQLite returns text."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if value.tzinfo is UTC:
        return value
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


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


def _texts(stored: str | None) -> tuple[str, ...]:
    if not stored or stored == "[]":
        return ()
    if stored[0] == "[":
        # raw_decode takes a quarter of the time of json.loads, which also skips blanks.
        values, end = _decode(stored)
        if end == len(stored):
            return tuple(values)
    return tuple(json.loads(stored))


# Many hosts have the same few tags, but their own aliases. The cache saves four fifths of time and memory for tags.
_tags = lru_cache(maxsize=1024)(_texts)


def entry(row: Row) -> HostEntry:
    """Return the HostEntry of a row of host_entries."""
    id, ip, hostname, comment, tags, aliases, created, updated, version = row
    try:
        made = _Draft(
            id, ip, hostname, comment, _tags(tags), _texts(aliases), moment(created), moment(updated), version
        )
    except _NOT_STORABLE as error:
        raise _damaged("host_entries", id, error) from error
    made.__class__ = HostEntry
    return made  # type: ignore[no-any-return]


def entries(rows: Iterable[Row]) -> list[HostEntry]:
    """Return the HostEntry of each row of host_entries, in their order."""
    # The garbage collector would traverse the new values again and again, and none of them is garbage. It took a
    # quarter of the time for 100,000 rows. Of concurrent threads, the first one enables it again.
    was_on = gc.isenabled()
    gc.disable()
    try:
        return list(map(entry, rows))
    finally:
        if was_on:
            gc.enable()


def snapshot(row: Row) -> Snapshot:
    """Return the Snapshot of a row of snapshots."""
    snapshot_id, created_at, content, count, trigger, name, position = row
    return Snapshot(content, count, snapshot_id, moment(created_at), trigger, name, position)


def snapshot_metadata(row: Row) -> SnapshotMetadata:
    """Return the SnapshotMetadata of a row of snapshots without its content."""
    snapshot_id, created_at, count, trigger, name, position = row
    return SnapshotMetadata(snapshot_id, moment(created_at), count, trigger, name, position)


def envelope(row: Row) -> EventEnvelope:
    """Return the EventEnvelope of a row of host_events."""
    try:
        return _envelope(row)
    except _NOT_STORABLE as error:
        raise _damaged("host_events", row[0], error) from error


def _damaged(table: str, id: object, error: Exception) -> QueryFailed:
    """Return the error for a row that the schema does not allow: the file was damaged."""
    row = f"{table} has a row, {escaped(str(id))}, that the schema does not allow ({escaped(str(error))})"
    return QueryFailed(f"{row}; the database is damaged, restore a backup")


def _envelope(row: Row) -> EventEnvelope:
    (event_id, aggregate_id, event_type, version, ip, hostname, comment, tags, aliases) = row[:9]
    (timestamp, metadata, created_at, created_by, expected_version, position) = row[9:]
    columns = (ip, hostname, comment, tags, aliases)
    return EventEnvelope(
        event=_event(event_type, columns, json.loads(metadata)),
        event_id=event_id,
        event_version=version,
        created_at=moment(created_at),
        created_by=created_by,
        event_timestamp=moment(timestamp),
        aggregate_id=aggregate_id,
        expected_version=expected_version,
        position=position,
    )


def _event(event_type: str, columns: Row, metadata: dict[str, Any]) -> HostEvent:
    ip, hostname, comment, tags, aliases = columns
    match event_type:
        case "HostCreated":
            return HostCreated(ip, hostname, comment or None, _texts(tags), _texts(aliases))
        case "IpAddressChanged":
            return IpAddressChanged(metadata.get("old_ip"), ip)
        case "HostnameChanged":
            return HostnameChanged(metadata.get("old_hostname"), hostname)
        case "CommentUpdated":
            return CommentUpdated(metadata.get("old_comment"), comment or None)
        case "TagsModified":
            return TagsModified(tuple(metadata.get("old_tags", ())), _texts(tags))
        case "AliasesModified":
            return AliasesModified(tuple(metadata.get("old_aliases", ())), _texts(aliases))
        case _:
            return HostDeleted(ip, hostname, metadata.get("reason"))


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
        case _:
            raise TypeError(f"{type(event).__name__} does not change one field")


def event_columns(event: HostEvent) -> dict[str, str | None]:
    """Return the columns that an event sets, by name. The other columns are NULL: not changed.

    Raises:
        InvalidData: it is not an event, or a text in it cannot be stored (empty, NUL, a lone surrogate).
    """
    columns: dict[str, Any] = {"event_type": type(event).__name__}
    metadata: dict[str, Any] = {}
    match event:
        case HostCreated():
            columns |= {"ip_address": _name(event.ip_address), "hostname": _name(event.hostname)}
            columns |= {"comment": text(event.comment) or None}
            columns |= {"tags": _json_texts(event.tags), "aliases": _json_texts(event.aliases)}
        case IpAddressChanged():
            columns["ip_address"] = _name(event.new_ip)
            metadata["old_ip"] = text(event.old_ip)
        case HostnameChanged():
            columns["hostname"] = _name(event.new_hostname)
            metadata["old_hostname"] = text(event.old_hostname)
        case CommentUpdated():
            columns["comment"] = text(event.new_comment) or ""
            metadata["old_comment"] = text(event.old_comment)
        case TagsModified():
            columns["tags"] = _json_texts(event.new_tags)
            metadata["old_tags"] = list(map(text, event.old_tags))
        case AliasesModified():
            columns["aliases"] = _json_texts(event.new_aliases)
            metadata["old_aliases"] = list(map(text, event.old_aliases))
        case HostDeleted():
            columns |= {"ip_address": _name(event.ip_address), "hostname": _name(event.hostname)}
            metadata["reason"] = text(event.reason)
        case _:
            raise InvalidData(f"{type(event).__name__} is not an event of a host")
    known = {name: value for name, value in metadata.items() if value is not None}
    return columns | {"metadata": to_json(known)}


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
