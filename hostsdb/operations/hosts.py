"""Add, update and delete hosts. Each call appends the smallest set of events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from hostsdb.errors import ConcurrentWriteConflict, DuplicateEntry
from hostsdb.model import (
    UNSET,
    AliasesModified,
    CommentUpdated,
    EventEnvelope,
    HostCreated,
    HostDeleted,
    HostEntry,
    HostEvent,
    HostnameChanged,
    IpAddressChanged,
    NewHost,
    PriorityChanged,
    StoredEvent,
    TagsModified,
    Unset,
)
from hostsdb.names import canonical_hostname, canonical_ip
from hostsdb.operations.events import append_event, append_events
from hostsdb.operations.projection import get_by_id
from hostsdb.operations.retry import changes_current
from hostsdb.operations.steps import Operation
from hostsdb.rows import priority as valid_priority
from hostsdb.rows import text
from hostsdb.ulids import new_id

_CHANGES: dict[str, Callable[[Any, Any], HostEvent]] = {
    "ip_address": IpAddressChanged,
    "hostname": HostnameChanged,
    "comment": CommentUpdated,
    "tags": TagsModified,
    "aliases": AliasesModified,
    "priority": PriorityChanged,
}
# The fields whose change cannot give two hosts the same address and hostname.
DETAILS = tuple(_CHANGES)[2:]


def add_host(
    ip_address: str,
    hostname: str,
    *,
    aliases: Iterable[str] = (),
    comment: str | None = None,
    tags: Iterable[str] = (),
    priority: int = 0,
    created_by: str | None = None,
) -> Operation[HostEntry]:
    """Add a host.

    Arguments:
        ip_address: an IPv4 or IPv6 address; stored in canonical form.
        hostname: a name by RFC 1123, underscore allowed; stored in lower case, with IDNA for other characters.
        aliases: further names, as hostname.
        comment: any text; None or the empty text for no comment.
        tags: any texts that are not empty.
        priority: an integer of 32 bits; lower ones come first in files for resolvers.
        created_by: who adds the host.
    Returns:
        the new entry.
    Raises:
        InvalidData: the address, a name, a tag, the comment or the priority cannot be stored.
        DuplicateEntry: a live host has this address and hostname.
    """
    event = creation(NewHost(ip_address, hostname, tuple(aliases), comment, tuple(tags), priority))
    stored = yield from append_event(new_id(), EventEnvelope(event, created_by=created_by))
    return created_entry(stored, event)


def creation(host: NewHost) -> HostCreated:
    """Return the event that adds a host, with its address and names in canonical form."""
    hostname = canonical_hostname(host.hostname)
    return HostCreated(
        canonical_ip(host.ip_address),
        hostname,
        text(host.comment) or None,
        tuple(dict.fromkeys(host.tags)),
        _aliases(host.aliases, hostname),
        host.priority,
    )


@changes_current
def update_host(
    id: str,
    *,
    expected_version: str | None = None,
    ip_address: str | Unset = UNSET,
    hostname: str | Unset = UNSET,
    aliases: Iterable[str] | Unset = UNSET,
    comment: str | Unset | None = UNSET,
    tags: Iterable[str] | Unset = UNSET,
    priority: int | Unset = UNSET,
    created_by: str | None = None,
) -> Operation[HostEntry]:
    """Change the given fields of a host. Each field with a new value is one event.

    Arguments:
        id: the host's id.
        expected_version: the version that the caller has read. None changes whatever is current, and is retried if
            another writer was faster.
        ip_address, hostname, aliases, tags, priority: the new values, as in add_host.
        comment: the new comment; None or the empty text clears it.
        created_by: who changes the host.
    Returns:
        the entry after the change.
    Raises:
        NotFound: there is no live host with this id.
        ConcurrentWriteConflict: the current version is not the expected one; without one, other writers were faster
            again and again, for `acquire_timeout`.
        InvalidData, DuplicateEntry: as add_host.
    """
    entry = yield from _expected(id, expected_version)
    wanted = _canonical(
        entry,
        {
            "ip_address": ip_address,
            "hostname": hostname,
            "aliases": aliases,
            "comment": comment,
            "tags": tags,
            "priority": priority,
        },
    )
    events = changes(entry, **wanted)
    if not events:
        return entry
    envelopes = [EventEnvelope(event, created_by=created_by) for event in events]
    try:
        stored = yield from append_events(id, envelopes, entry.event_version)
    except DuplicateEntry as taken:
        half_way = wanted.get("hostname", entry.hostname) != entry.hostname == taken.hostname
        if not half_way or wanted.get("ip_address") != taken.ip_address:
            raise
        # The new address with the old hostname belongs to another host. Change the hostname first.
        stored = yield from append_events(
            id, [envelopes[1], envelopes[0], *envelopes[2:]], entry.event_version
        )
    # The host is not read again: if the connection broke then, a retry would find its own change.
    last = stored[-1]
    return replace(entry, **wanted, updated_at=last.created_at, event_version=last.event_version)


@changes_current
def delete_host(
    id: str, *, expected_version: str | None = None, reason: str | None = None, created_by: str | None = None
) -> Operation[None]:
    """Delete a host. Its events stay in the log.

    Arguments:
        id: the host's id.
        expected_version: the version that the caller has read. None changes whatever is current, and is retried if
            another writer was faster.
        reason: why it is deleted, for the history.
        created_by: who deletes it.
    Raises:
        NotFound: there is no live host with this id.
        ConcurrentWriteConflict: the current version is not the expected one; without one, other writers were faster
            again and again, for `acquire_timeout`.
    """
    entry = yield from _expected(id, expected_version)
    event = HostDeleted(entry.ip_address, entry.hostname, reason)
    yield from append_event(id, EventEnvelope(event, created_by=created_by), entry.event_version)


def _canonical(entry: HostEntry, given: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that were given, in canonical form."""
    wanted = {field: value for field, value in given.items() if not isinstance(value, Unset)}
    if "hostname" in wanted:
        wanted["hostname"] = canonical_hostname(wanted["hostname"])
    canonical: dict[str, Callable[[Any], Any]] = {
        "ip_address": canonical_ip,
        "aliases": lambda aliases: _aliases(aliases, wanted.get("hostname", entry.hostname)),
        "comment": lambda comment: text(comment) or None,
        "tags": lambda tags: tuple(dict.fromkeys(tags)),
        "priority": valid_priority,
    }
    return {field: canonical.get(field, str)(value) for field, value in wanted.items()}


def changes(entry: HostEntry, **wanted: Any) -> list[HostEvent]:
    """Return the smallest set of events that gives an entry the wanted fields."""
    return [
        event(getattr(entry, field), wanted[field])
        for field, event in _CHANGES.items()
        if field in wanted and wanted[field] != getattr(entry, field)
    ]


def _expected(id: str, expected_version: str | None) -> Operation[HostEntry]:
    entry = yield from get_by_id(id)
    if expected_version is not None and entry.event_version != expected_version:
        raise ConcurrentWriteConflict(
            aggregate_id=id, expected_version=expected_version, current_version=entry.event_version
        )
    return entry


def created_entry(stored: StoredEvent, event: HostCreated) -> HostEntry:
    """Return the entry of a host that was just added."""
    return HostEntry(
        id=stored.aggregate_id,
        ip_address=event.ip_address,
        hostname=event.hostname,
        comment=event.comment,
        tags=event.tags,
        aliases=event.aliases,
        created_at=stored.event_timestamp,
        updated_at=stored.created_at,
        event_version=stored.event_version,
        priority=event.priority,
        first_position=stored.position,
    )


def _aliases(aliases: Iterable[str], hostname: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in map(canonical_hostname, aliases) if name != hostname))
