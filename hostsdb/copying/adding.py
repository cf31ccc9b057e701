"""Add a part of a log to another database, in one transaction, as it is."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from hostsdb import rows
from hostsdb.columns import NOT_READABLE
from hostsdb.copying.generations import in_generations
from hostsdb.copying.queries import Erased, newest_event
from hostsdb.errors import StorageError
from hostsdb.operations.steps import Load, Operation, Rows, in_transaction, run
from hostsdb.unreadable import plain
from hostsdb.url import Dialect

_TIMES = [rows.EVENT_COLUMNS.index(name) for name in ("event_timestamp", "created_at")]
_POSITION = rows.EVENT_COLUMNS.index("position")
# The length of a time with microseconds and a zone. All engines read this form.
_WHOLE = len("2026-01-31 12:00:00.000000+00:00")

ANOTHER_WRITER = "another process writes to it; stop that process, and run the same command again"

Row = tuple[Any, ...]


def as_copy(dialect: Dialect, *steps: Operation[None]) -> Operation[None]:
    """Take steps in one transaction, without the guards that hold for every other writer. A rollback restores them.

    Arguments:
        dialect: the dialect of this database.
        steps: what to do.
    """
    yield from in_transaction(_unguarded(dialect, *steps))


def _unguarded(dialect: Dialect, *steps: Operation[None]) -> Operation[None]:
    yield from run("set_copy" if dialect == "postgres" else "suspend_copy_guards")
    for step in steps:
        yield from step
    if dialect == "duckdb":
        yield from run("rebuild_head")
    if dialect != "postgres":
        yield from run("resume_copy_guards")


def continues(event_id: str | None) -> Operation[None]:
    """Check that the log ends in an event.

    Arguments:
        event_id: the event; None: the log is empty.
    Raises:
        StorageError: it does not.
    """
    newest = yield from newest_event()
    if (newest and newest[0]) != event_id:
        raise StorageError(ANOTHER_WRITER)


def add_events(dialect: Dialect, events: Rows) -> Operation[None]:
    """Add the events of another log in their order. Their positions are set again.

    Arguments:
        dialect: the dialect of this database.
        events: rows of read_page.
    Raises:
        ConstraintViolation: the database refused one of them.
    """
    copies = [row if isinstance(row, Erased) else _copy(row, dialect) for row in events]
    if dialect == "duckdb":
        yield from in_generations(copies)
        return
    for erased, part in groupby(copies, key=lambda row: isinstance(row, Erased)):
        if erased:
            newest = yield from newest_event()
            first = newest[1] + 1 if newest else 1
            yield Load(
                "copy_erased_events",
                [(position, row.event_id, row.leaf) for position, row in enumerate(part, first)],  # type: ignore[attr-defined]
            )
        else:
            yield Load("copy_events", part)


def erase_host(erasure: Row, leaves: dict[str, str]) -> Operation[None]:
    """Erase a host as its source has done.

    Arguments:
        erasure: the row of erasures in the source.
        leaves: the leaf hash of each event of the host that is stored here.
    """
    host, erased_at, erased_by, reason = erasure
    yield from run(
        "record_erasure", aggregate_id=host, erased_at=_time(erased_at), erased_by=erased_by, reason=reason
    )
    if leaves:
        found = yield from run("load_events", aggregate_id=host)
        yield Load(
            "copy_erased_events", [(row[_POSITION], row[0], leaves[row[0]]) for row in map(plain, found)]
        )
        yield from run("erase_events", aggregate_id=host)


def _copy(row: Row, dialect: Dialect) -> Row:
    copied = list(plain(row)[:_POSITION])
    for column in _TIMES:
        value = copied[column]
        # SQLite keeps the text of a time as it was written.
        if not isinstance(value, str) or (dialect != "sqlite" and len(value) != _WHOLE):
            copied[column] = _time(value)
    return tuple(copied)


def _time(value: Any) -> str:
    """Return a time as text that every engine reads. What is no time is not changed: the destination decides."""
    try:
        return rows.moment_text(rows.moment(value))
    except NOT_READABLE:
        return str(value)
