"""A mirror: what it does with the hosts that the file lacks, and its safeguards.

Without a tag it applies to all hosts, with a tag to the hosts with this tag.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hostsdb import rows
from hostsdb.errors import InvalidData, escaped
from hostsdb.model import HostEntry
from hostsdb.operations.snapshots import insert_snapshot, rendered
from hostsdb.operations.steps import Operation, run
from hostsdb.ulids import new_id

Retagged = tuple[HostEntry, dict[str, Any]]  # a host, and its new tags as a field


def check_scope(tags: list[str]) -> None:
    """Raise InvalidData if a mirror has several tags."""
    if len(tags) > 1:
        raise InvalidData("a mirror applies to the hosts with one tag; give one tag, or none for all hosts")


def refuse_empty(tags: list[str]) -> Operation[None]:
    """Raise InvalidData if no host was staged: the mirror would delete every host, or every host with its tag."""
    ((pairs,),) = yield from run("count_imported_pairs")
    if not pairs:
        scope = f' with the tag "{escaped(tags[0])}"' if tags else ""
        raise InvalidData(
            f"the file has no valid line, so the mirror would leave no host{scope}; nothing was imported; "
            "check the file, or use --allow-empty (allow_empty=True)"
        )


def save_before() -> Operation[None]:
    """Store a snapshot of the current hosts, in the current transaction."""
    now = yield from rendered(None, "pre-mirror")
    yield from insert_snapshot(replace(now, snapshot_id=new_id(), created_at=datetime.now(UTC)))


def missing_hosts(tags: list[str]) -> Operation[tuple[list[HostEntry], list[Retagged]]]:
    """Return the hosts that a mirror deletes, and those that only lose its tag.

    A host is deleted if it was created with the tag and has no other one.
    """
    if not tags:
        return rows.changeable(rows.entries((yield from run("plan_removed")))), []
    wanted = rows.to_json(tags[0])
    found = yield from run("plan_untagged", tag=wanted)
    columns = (*rows.ENTRY_COLUMNS, "created_tags")
    removed: list[HostEntry] = []
    untagged: list[Retagged] = []
    for entry, created_with in rows.readable(found, _read, "host", columns, lambda row: wanted in row[4]):
        if tags[0] not in entry.tags or not rows.changeable([entry]):
            continue
        others = tuple(tag for tag in entry.tags if tag != tags[0])
        if others or tags[0] not in created_with:
            untagged.append((entry, {"tags": others}))
        else:
            removed.append(entry)
    return removed, untagged


def _read(row: tuple[Any, ...]) -> tuple[HostEntry, tuple[str, ...]]:
    return rows.entry(row[:-1]), rows.tags(row[-1])
