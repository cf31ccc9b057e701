"""Hosts as people think of them: add, update, delete, each as the smallest set of events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from hostsdb.errors import ConcurrentWriteConflict, DuplicateEntry, InvalidData
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
    TagsModified,
)
from hostsdb.names import canonical_hostname, canonical_ip
from hostsdb.operations.events import append_event, append_events
from hostsdb.operations.projection import get_by_id
from hostsdb.operations.steps import Operation
from hostsdb.rows import text
from hostsdb.ulids import new_id


class Unset:
    """What an argument of update_host is that nobody gave: None clears a comment, so it cannot mean that."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset()


def add_host(
    ip_address: str,
    hostname: str,
    *,
    aliases: Iterable[str] = (),
    comment: str | None = None,
    tags: Iterable[str] = (),
    created_by: str | None = None,
) -> Operation[HostEntry]:
    """Add a host, in canonical form.

    Returns:
        the new entry.
    Raises:
        InvalidData: the address, a name, a tag or the comment cannot be stored.
        DuplicateEntry: a live host has this address and name.
    """
    ip_address, hostname = canonical_ip(ip_address), canonical_hostname(hostname)
    event = HostCreated(ip_address, hostname, text(comment) or None, _tags(tags), _aliases(aliases, hostname))
    stored = yield from append_event(new_id(), EventEnvelope(event, created_by=created_by))
    return _created(stored, event)


def update_host(
    id: str,
    *,
    expected_version: str | None = None,
    ip_address: str | Unset = UNSET,
    hostname: str | Unset = UNSET,
    aliases: Iterable[str] | Unset = UNSET,
    comment: str | Unset | None = UNSET,
    tags: Iterable[str] | Unset = UNSET,
    created_by: str | None = None,
) -> Operation[HostEntry]:
    """Change what is given of a host, one event for each real change; nothing is appended for no change.

    Arguments:
        id: the host's id.
        expected_version: the version the caller saw; None takes the current one.
        comment: None or the empty text clears it.
        created_by: who changes it.
    Returns:
        the entry after the change.
    Raises:
        NotFound: no live host has this id.
        ConcurrentWriteConflict: the host has another version than the expected one.
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
        # Between the two changes the host would be another one: the name goes first.
        stored = yield from append_events(
            id, [envelopes[1], envelopes[0], *envelopes[2:]], entry.event_version
        )
    # Not read again: where the connection broke now, the whole would be repeated, and meet its own change.
    updated_at, event_version = stored[-1].created_at, stored[-1].event_version
    assert updated_at is not None and event_version is not None
    return replace(entry, **wanted, updated_at=updated_at, event_version=event_version)


def delete_host(
    id: str, *, expected_version: str | None = None, reason: str | None = None, created_by: str | None = None
) -> Operation[None]:
    """Delete a host; its history stays.

    Arguments:
        id: the host's id.
        expected_version: the version the caller saw; None takes the current one.
        reason: why, for the history.
        created_by: who deletes it.
    Raises:
        NotFound: no live host has this id.
        ConcurrentWriteConflict: the host has another version than the expected one.
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
        "tags": _tags,
    }
    return {field: canonical.get(field, str)(value) for field, value in wanted.items()}


def changes(entry: HostEntry, **wanted: Any) -> list[HostEvent]:
    """Return the smallest set of events that gives an entry the wanted fields."""
    make = {
        "ip_address": IpAddressChanged,
        "hostname": HostnameChanged,
        "comment": CommentUpdated,
        "tags": TagsModified,
        "aliases": AliasesModified,
    }
    return [
        event(getattr(entry, field), wanted[field])
        for field, event in make.items()
        if field in wanted and wanted[field] != getattr(entry, field)
    ]


def _expected(id: str, expected_version: str | None) -> Operation[HostEntry]:
    entry = yield from get_by_id(id)
    if expected_version is not None and entry.event_version != expected_version:
        raise ConcurrentWriteConflict(
            aggregate_id=id, expected_version=expected_version, current_version=entry.event_version
        )
    return entry


def _created(stored: EventEnvelope, event: HostCreated) -> HostEntry:
    assert stored.aggregate_id and stored.event_timestamp and stored.created_at and stored.event_version
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
    )


def _aliases(aliases: Iterable[str], hostname: str) -> tuple[str, ...]:
    if isinstance(aliases, str):
        raise InvalidData("aliases are a sequence of names, not one text")
    return tuple(dict.fromkeys(name for name in map(canonical_hostname, aliases) if name != hostname))


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    if isinstance(tags, str):
        raise InvalidData("tags are a sequence of texts, not one text")
    return tuple(dict.fromkeys(tags))
