"""The hosts that an import adds and changes, found by comparing the loaded lines with the stored hosts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hostsdb import rows
from hostsdb.formats.hosts import file_comment
from hostsdb.model import HostDeleted, HostDifference, HostEntry, HostEvent
from hostsdb.operations.hosts import DETAILS, changes
from hostsdb.operations.inserting import insert
from hostsdb.operations.preparing import prepare_steps
from hostsdb.operations.staging import union
from hostsdb.operations.steps import Operation, run
from hostsdb.ulids import import_prefix

# The fields that the file gives a host.
Wanted = dict[str, Any]
# The columns of plan_changed after those of the host.
_NEW_COLUMNS = ("new_priority", "new_comment", "new_tags", "new_aliases")
# How many hosts one statement adds on SQLite, which takes about 160 bytes of memory for each. On the other engines one
# statement adds all.
_ADDED_AT_ONCE = 250_000


def differing_hosts(tags: list[str]) -> Operation[list[tuple[HostEntry, Wanted]]]:
    """Return the live hosts that differ from the file, each with the fields that the file gives it."""
    found = yield from run("plan_changed", tags=rows.to_json(tags))
    pairs = rows.readable(found, lambda row: _change(row, tags), "host", (*rows.ENTRY_COLUMNS, *_NEW_COLUMNS))
    return [
        (entry, wanted) for entry, wanted in pairs if changes(entry, **wanted) and rows.changeable([entry])
    ]


def _change(row: tuple[Any, ...], tags: list[str]) -> tuple[HostEntry, Wanted]:
    entry, (priority, comment, new_tags, aliases) = rows.entry(row[:-4]), row[-4:]
    # Importing an exported hosts file changes no comment, also where the file has it cut or in one line.
    is_same = new_tags is None and comment == file_comment(entry)
    wanted: Wanted = {
        "comment": entry.comment if is_same else comment,
        "aliases": tuple(json.loads(aliases)),
    }
    wanted["priority"] = entry.priority if priority is None else priority
    # A format without tags does not change the tags of a host. The tags of the import are added.
    wanted["tags"] = tuple(union(entry.tags, tags) if new_tags is None else json.loads(new_tags))
    return entry, wanted


def difference(entry: HostEntry, wanted: Wanted) -> HostDifference:
    """Return the fields of a host that the import changes, with the old and the new values."""
    changed = {
        field: (getattr(entry, field), value)
        for field, value in wanted.items()
        if getattr(entry, field) != value
    }
    return HostDifference("changed", entry.ip_address, entry.hostname, changed)


def insert_changes(
    changed: list[tuple[HostEntry, Wanted]],
    removed: list[HostEntry],
    created_by: str | None,
    milliseconds: int,
) -> Operation[list[str]]:
    """Append the events of the hosts that the import changes and removes. Return the ids of the events.

    Arguments:
        changed: each host with the fields that it gets.
        removed: the hosts that are deleted.
        created_by: who imports.
        milliseconds: the database's time since 1970.
    """
    # Field by field: one statement appends many events of one type.
    steps: list[tuple[str, HostEvent]] = [
        (entry.id, event)
        for field in DETAILS
        for entry, wanted in changed
        if field in wanted
        for event in changes(entry, **{field: wanted[field]})
    ]
    for entry in removed:
        steps.append((entry.id, HostDeleted(entry.ip_address, entry.hostname, "not in the imported file")))
    current = [*(entry for entry, _ in changed), *removed]
    inserted = yield from insert(prepare_steps(steps, current, created_by, milliseconds))
    return [event.event_id for event in inserted]


def add_new(tags: list[str], created_by: str | None, event_prefix: str) -> Operation[int]:
    """Add the hosts of the file that are not stored yet. Return how many they are.

    Arguments:
        tags: added to the tags of each host.
        created_by: who imports.
        event_prefix: the ids of the events begin with it.
    """
    parameters = {
        "event_prefix": event_prefix,
        "aggregate_prefix": import_prefix(),
        "tags": rows.to_json(tags),
        "created_by": created_by,
        "now": rows.moment_text(datetime.now(UTC)),
        "limit": _ADDED_AT_ONCE,
    }
    added, latest = 0, _ADDED_AT_ONCE
    while latest == _ADDED_AT_ONCE:
        ((latest,),) = yield from run("import_hosts", **parameters)
        added += latest
    return added
