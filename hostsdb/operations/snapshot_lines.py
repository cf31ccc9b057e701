"""The snapshots that show a host, without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hostsdb import rows
from hostsdb.columns import NOT_READABLE, texts
from hostsdb.formats.hosts import parse, write
from hostsdb.formats.record import HostRecord
from hostsdb.model import HostEntry, Snapshot
from hostsdb.operations.snapshots import find_snapshot, list_snapshots
from hostsdb.operations.steps import Operation, run
from hostsdb.unreadable import plain

# The id of a snapshot, its new content, and the number of hosts in it.
Rewritten = tuple[str, str, int]

_NAMES = [rows.EVENT_COLUMNS.index(name) for name in ("ip_address", "hostname")]
_ALIASES = rows.EVENT_COLUMNS.index("aliases")


def snapshots_without(id: str, events: Sequence[tuple[Any, ...]]) -> Operation[list[Rewritten]]:
    """Return the snapshots that show a host, each without it. Nothing is stored.

    A snapshot that shows the log at its position is rendered again. From any other one the lines are removed that begin
    with an address of the host and one of its names, and other lines that contain both.

    Arguments:
        id: the host.
        events: its events, as rows.
    """
    addresses, names = _of_host(events)
    found = []
    for listed in (yield from list_snapshots()):
        snapshot = yield from find_snapshot(listed.snapshot_id)
        if snapshot is None or not _contains(snapshot.hosts_content, addresses | names):
            continue
        entries = yield from _rendered(snapshot)
        kept = [entry for entry in entries if entry.id != id]
        if entries:
            content, count = "".join(write(kept)), len(kept)
        else:
            content, count = _without_lines(snapshot, addresses, names)
        if content != snapshot.hosts_content:
            found.append((listed.snapshot_id, content, count))
    return found


def _of_host(events: Sequence[tuple[Any, ...]]) -> tuple[set[str], set[str]]:
    """Return every address and every name that a host has had."""
    addresses, names = set(), set()
    for event in map(plain, events):
        address, hostname = (event[place] for place in _NAMES)
        addresses |= {address} - {None}
        names |= {hostname} - {None}
        try:
            names |= set(texts(event[_ALIASES]))
        except NOT_READABLE:
            continue
    return addresses, names


def _rendered(snapshot: Snapshot) -> Operation[list[HostEntry]]:
    """Return the hosts of the log at the position of a snapshot, if its content shows them; else an empty list."""
    if snapshot.event_log_position is None:
        return []
    found = yield from run("hosts_at_position", position=snapshot.event_log_position)
    entries = rows.entries(found)
    return entries if "".join(write(entries)) == snapshot.hosts_content else []


def _without_lines(snapshot: Snapshot, addresses: set[str], names: set[str]) -> tuple[str, int]:
    lines = snapshot.hosts_content.split("\n")
    kept, removed = [], set()
    for text, line in zip(lines, parse(lines), strict=True):
        if isinstance(line, HostRecord):
            pair = line.ip_address, line.hostname
            is_of_host = pair[0] in addresses and pair[1] in names
            removed |= {pair} if is_of_host else set()
        else:
            is_of_host = _contains(text, addresses) and _contains(text, names)
        if not is_of_host:
            kept.append(text)
    return "\n".join(kept), max(0, snapshot.entry_count - len(removed))


def _contains(text: str, parts: set[str]) -> bool:
    folded = text.casefold()
    return any(part.casefold() in folded for part in parts)
