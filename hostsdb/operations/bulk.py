"""Changing many hosts at once, and their tags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hostsdb.model import EventEnvelope, HostEntry, HostEvent, HostFilter
from hostsdb.names import canonical_hostname, canonical_ip
from hostsdb.operations.events import append_batch
from hostsdb.operations.hosts import UNSET, Unset, changes
from hostsdb.operations.projection import search
from hostsdb.operations.steps import Operation
from hostsdb.rows import text


def update_hosts(
    filter: HostFilter,
    *,
    ip_address: str | Unset = UNSET,
    hostname: str | Unset = UNSET,
    comment: str | Unset | None = UNSET,
    add_tags: Iterable[str] = (),
    remove_tags: Iterable[str] = (),
    created_by: str | None = None,
    dry_run: bool = False,
) -> Operation[list[tuple[HostEntry, tuple[HostEvent, ...]]]]:
    """Change every live host that matches a filter, in one transaction; nothing is appended for no change.

    Arguments:
        filter: which hosts, as search has it.
        ip_address, hostname: what they all get.
        comment: what they all get; None or the empty text clears it.
        add_tags, remove_tags: changes of each one's own tags.
        created_by: who changes them.
        dry_run: append nothing.
    Returns:
        each host that changes, as it was, with its events.
    Raises:
        ConcurrentWriteConflict: one of them was changed at the same moment; nothing was changed here.
        DuplicateEntry: two would have one address and name; nothing was changed.
    """
    wanted: dict[str, Any] = {}
    if not isinstance(ip_address, Unset):
        wanted["ip_address"] = canonical_ip(ip_address)
    if not isinstance(hostname, Unset):
        wanted["hostname"] = canonical_hostname(hostname)
    if not isinstance(comment, Unset):
        wanted["comment"] = text(comment) or None
    added, removed = list(add_tags), set(remove_tags)
    found = yield from search(filter)
    planned = []
    for entry in found:
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
