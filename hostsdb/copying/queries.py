"""The operations of a copy: read the log in pages, and add the events to another database."""

from __future__ import annotations

from typing import Any

from hostsdb import rows
from hostsdb.columns import NOT_READABLE
from hostsdb.copying.generations import in_generations
from hostsdb.operations.steps import Load, Operation, Rows, in_transaction, run
from hostsdb.unreadable import plain
from hostsdb.url import Dialect

LAST = 2**63 - 1
_TIMES = [rows.EVENT_COLUMNS.index(name) for name in ("event_timestamp", "created_at")]
_POSITION = rows.EVENT_COLUMNS.index("position")
# The length of a time with microseconds and a zone. All engines read this form.
_WHOLE = len("2026-01-31 12:00:00.000000+00:00")

Row = tuple[Any, ...]


def read_page(after: int, until: int, limit: int) -> Operation[Rows]:
    """Return the next events of the log as rows.

    Arguments:
        after: the position before the first event.
        until: the last possible position.
        limit: the maximum number of events.
    """
    ((end,),) = yield from run("page_end", after=after, until=until, limit=limit)
    if end is None:
        return []
    return (yield from run("events_between", after=after, until=end))


def count_until(position: int = LAST) -> Operation[int]:
    """Return the number of events up to and including a position."""
    ((count,),) = yield from run("count_until", position=position)
    return int(count)


def newest_event(position: int = LAST) -> Operation[tuple[str, int] | None]:
    """Return the id and the position of the newest event up to and including a position, or None."""
    found = yield from run("newest_event", position=position)
    return found[0] if found else None


def position_of(event_id: str) -> Operation[int | None]:
    """Return the position of an event; None if it is not stored."""
    found = yield from run("events_by_id", event_ids=rows.to_json([event_id]))
    return found[0][_POSITION] if found else None


def add_copies(dialect: Dialect, events: Rows) -> Operation[None]:
    """Add the events of another log in one transaction, in their order. Their positions are set again.

    Arguments:
        dialect: the dialect of the destination.
        events: rows of read_page.
    Raises:
        ConstraintViolation: the database refused one of them.
    """
    copies = [_copy(row, dialect) for row in events]
    steps = in_generations(copies) if dialect == "duckdb" else _in_order(copies, dialect)
    yield from in_transaction(_unguarded(steps) if dialect == "sqlite" else steps)


def _unguarded(steps: Operation[None]) -> Operation[None]:
    """Take the steps without the guards that hold for every other writer. A rollback restores the guards too."""
    yield from run("suspend_copy_guards")
    yield from steps
    yield from run("resume_copy_guards")


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


def _in_order(copies: list[Row], dialect: Dialect) -> Operation[None]:
    if dialect == "postgres":
        yield from run("set_copy")
    yield Load("copy_events", copies)
