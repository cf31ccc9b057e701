"""Erase a deleted host: its events, and its lines in snapshots. The hashes of the events stay."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from hostsdb import rows
from hostsdb.engine_errors import ConstraintViolation
from hostsdb.errors import InvalidData, NotFound, QueryFailed
from hostsdb.operations.retry import retry_write
from hostsdb.operations.snapshot_lines import snapshots_without
from hostsdb.operations.steps import Operation, ask_dialect, in_transaction, run
from hostsdb.proof.leaf import encode_stored
from hostsdb.proof.merkle import leaf_hash


class Erasure(NamedTuple):
    """An erased host.

    Attributes:
        aggregate_id: the id of the host.
        erased_at: when it was erased.
        erased_by: who erased it.
        reason: why.
    """

    aggregate_id: str
    erased_at: datetime
    erased_by: str | None
    reason: str


def erase_host(id: str, *, reason: str, erased_by: str | None = None) -> Operation[int]:
    """Erase a deleted host for good: all its events, and its lines in snapshots, in one transaction.

    The positions, the ids and the hashes of the events stay, so that earlier checkpoints still verify. No event can be
    added to the host afterwards. On PostgreSQL only the owner of the tables may erase. The files of the database, its
    backups and its WAL may still have the content; see docs/erasure.md.

    Arguments:
        id: the host's id. Each host that had a name earlier has its own id.
        reason: why, at most 1,000 bytes. It is kept: it should not contain what is erased.
        erased_by: who erases it.
    Returns:
        the number of erased events.
    Raises:
        NotFound: there is no such host, or it is erased already.
        InvalidData: the host is not deleted, or reason is empty.
        QueryFailed: this role may not erase.
    """
    if not rows.text(reason):
        raise InvalidData("the reason of an erasure must not be empty")

    count = 0

    def erase() -> Operation[int]:
        nonlocal count
        count = yield from _erase(id, reason, erased_by)
        return count

    def find_stored() -> Operation[int | None]:
        erased = yield from list_erasures()
        return count if any(erasure.aggregate_id == id for erasure in erased) else None

    try:
        return (yield from retry_write(lambda: _overwriting(in_transaction(erase())), find_stored))
    except ConstraintViolation as refused:
        if refused.constraint != "erasures_guard":
            raise InvalidData(f"the database refuses this erasure: {refused}") from refused.__cause__
        raise InvalidData(f"host {id} is not deleted; delete it first") from refused.__cause__
    except QueryFailed as error:
        if getattr(error.__cause__, "sqlstate", None) != "42501":
            raise
        raise QueryFailed(
            "only the owner of the tables may erase a host; connect as the owner"
        ) from error.__cause__


def list_erasures() -> Operation[list[Erasure]]:
    """Return the erased hosts, in the order of their ids."""
    found = yield from run("list_erasures")
    return [Erasure(id, rows.moment(erased_at), by, reason) for id, erased_at, by, reason in found]


def _overwriting(erasing: Operation[int]) -> Operation[int]:
    """Run an operation. SQLite overwrites what it deletes with zeros, as the other engines cannot."""
    if (yield from ask_dialect()) != "sqlite":
        return (yield from erasing)
    ((was_on,),) = yield from run("get_secure_delete")
    yield from run("secure_delete_on")
    try:
        return (yield from erasing)
    finally:
        if not was_on:
            yield from run("secure_delete_off")


def _erase(id: str, reason: str, erased_by: str | None) -> Operation[int]:
    events = yield from run("load_events", aggregate_id=id)
    if not events:
        raise NotFound(kind="host", id=id)
    # Before the events are gone.
    snapshots = yield from snapshots_without(id, events)
    yield from run("start_erasure", aggregate_id=id, erased_by=rows.text(erased_by), reason=reason)
    yield from _record(id)
    yield from run("erase_events", aggregate_id=id)
    for snapshot_id, content, count in snapshots:
        yield from run("update_snapshot", snapshot_id=snapshot_id, hosts_content=content, entry_count=count)
    return len(events)


def _record(id: str) -> Operation[None]:
    if (yield from ask_dialect()) != "sqlite":
        yield from run("record_erased_events", aggregate_id=id)
        return
    for position, *columns in (yield from run("contents_of_host", aggregate_id=id)):
        leaf = leaf_hash(encode_stored(columns)).hex()
        yield from run("record_erased_events", aggregate_id=id, position=position, leaf=leaf)
