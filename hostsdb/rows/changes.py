"""Events as the columns that they set."""

from __future__ import annotations

from json.encoder import encode_basestring
from typing import Any

from hostsdb.errors import InvalidData
from hostsdb.model import (
    AliasesModified,
    CommentUpdated,
    HostCreated,
    HostDeleted,
    HostEvent,
    HostnameChanged,
    IpAddressChanged,
    PriorityChanged,
    TagsModified,
)
from hostsdb.rows.values import json_texts, name, priority, text, to_json

# In bytes of UTF-8; the schema refuses more.
_MAX_METADATA = 65_536


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
                "ip_address": name(event.ip_address),
                "hostname": name(event.hostname),
                "comment": text(event.comment) or None,
                "tags": json_texts(event.tags),
                "aliases": json_texts(event.aliases),
                "priority": priority(event.priority),
                "metadata": "{}",
            }
        case HostDeleted():
            ip, hostname, reason = name(event.ip_address), name(event.hostname), text(event.reason)
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
            return "ip_address", name(event.new_ip), "old_ip", text(event.old_ip)
        case HostnameChanged():
            return "hostname", name(event.new_hostname), "old_hostname", text(event.old_hostname)
        case CommentUpdated():
            return "comment", text(event.new_comment) or "", "old_comment", text(event.old_comment)
        case TagsModified():
            return "tags", json_texts(event.new_tags), "old_tags", list(map(text, event.old_tags))
        case AliasesModified():
            return (
                "aliases",
                json_texts(event.new_aliases),
                "old_aliases",
                list(map(text, event.old_aliases)),
            )
        case PriorityChanged():
            old = None if event.old_priority is None else priority(event.old_priority)
            return "priority", priority(event.new_priority), "old_priority", old
        case _:
            raise InvalidData(f"{type(event).__name__} is not an event of a host")
