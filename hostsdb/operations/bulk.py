"""Change many hosts at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any

from hostsdb.errors import InvalidData
from hostsdb.model import (
    UNSET,
    EventEnvelope,
    HostDeleted,
    HostEntry,
    HostEvent,
    HostFilter,
    NewHost,
    Unset,
)
from hostsdb.names import canonical_hostname, canonical_ip
from hostsdb.operations.events import append_batch
from hostsdb.operations.hosts import changes, created_entry, creation
from hostsdb.operations.projection import search
from hostsdb.operations.retry import changes_current
from hostsdb.operations.steps import Operation
from hostsdb.rows import changeable, text
from hostsdb.rows import priority as valid_priority
from hostsdb.ulids import new_id

_CANONICAL: dict[str, Callable[[Any], Any]] = {
    "ip_address": canonical_ip,
    "hostname": canonical_hostname,
    "comment": lambda comment: text(comment) or None,
    "priority": valid_priority,
}


def add_hosts(hosts: Iterable[NewHost], *, created_by: str | None = None) -> Operation[list[HostEntry]]:
    """Add many hosts in one transaction, all or nothing.

    Arguments:
        hosts: the hosts; each as in add_host.
        created_by: who adds the hosts.
    Returns:
        the new entries, in the same order.
    Raises:
        InvalidData: a value of a host cannot be stored; nothing was added.
        DuplicateEntry: a live host, or another one of these hosts, has the address and hostname; nothing was added.
    """
    events = [creation(host) for host in hosts]
    stored = yield from append_batch(
        (new_id(), [EventEnvelope(event, created_by=created_by)], None) for event in events
    )
    return [created_entry(one, event) for one, event in zip(stored, events, strict=True)]


@changes_current
def update_hosts(
    filter: HostFilter,
    *,
    ip_address: str | Unset = UNSET,
    hostname: str | Unset = UNSET,
    comment: str | Unset | None = UNSET,
    priority: int | Unset = UNSET,
    add_tags: Iterable[str] = (),
    remove_tags: Iterable[str] = (),
    created_by: str | None = None,
    dry_run: bool = False,
    all_hosts: bool = False,
) -> Operation[list[tuple[HostEntry, tuple[HostEvent, ...]]]]:
    """Change all live hosts that match a filter, in one transaction. Retried if another writer was faster.

    Arguments:
        filter: the hosts, as in search.
        ip_address, hostname: the new value for all of them.
        comment: the new comment for all of them; None or the empty text clears it.
        priority: the new priority for all of them.
        add_tags, remove_tags: tags to add to, and to remove from, the tags of each host.
        created_by: who changes the hosts.
        dry_run: only return the changes.
        all_hosts: a filter without a condition is meant. Otherwise it is refused.
    Returns:
        for each host that changes its entry before the change, and its events.
    Raises:
        ConcurrentWriteConflict: other writers were faster again and again, for `acquire_timeout`; nothing was changed.
        DuplicateEntry: two hosts would have the same address and hostname; nothing was changed.
        InvalidData: a new value cannot be stored, or the filter has no condition and all_hosts is not given.
    """
    if not all_hosts:
        _refuse_every_host(filter)
    given = {"ip_address": ip_address, "hostname": hostname, "comment": comment, "priority": priority}
    wanted = {field: _CANONICAL[field](v) for field, v in given.items() if not isinstance(v, Unset)}
    added, removed = list(add_tags), set(remove_tags)
    found = yield from search(filter)
    planned = []
    for entry in changeable(found):
        tags = tuple(tag for tag in dict.fromkeys([*entry.tags, *added]) if tag not in removed)
        events = changes(entry, **wanted, tags=tags)
        if events:
            planned.append((entry, tuple(events)))
    if not dry_run:
        yield from append_batch(
            (entry.id, [EventEnvelope(event, created_by=created_by) for event in events], entry.event_version)
            for entry, events in planned
        )
    return planned


def delete_hosts(
    entries: Iterable[HostEntry], *, reason: str | None = None, created_by: str | None = None
) -> Operation[list[HostEntry]]:
    """Delete hosts as the caller has read them, in one transaction. Their events stay in the log.

    Arguments:
        entries: the hosts.
        reason: why they are deleted, for the history.
        created_by: who deletes them.
    Returns:
        the deleted hosts: all except those whose rows break a rule of the schema.
    Raises:
        ConcurrentWriteConflict: one of the hosts was changed or deleted since; nothing was deleted.
    """
    deleted = changeable(entries)
    yield from append_batch(
        (entry.id, [EventEnvelope(event, created_by=created_by)], entry.event_version)
        for entry in deleted
        for event in (HostDeleted(entry.ip_address, entry.hostname, reason),)
    )
    return deleted


def _refuse_every_host(filter: HostFilter) -> None:
    if not any(getattr(filter, field.name) for field in fields(filter)):
        raise InvalidData("the filter has no condition; give all_hosts=True to change every host")
