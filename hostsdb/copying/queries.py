"""What copying a database is made of: reading the log in pages, and adding the same events to another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hostsdb import rows
from hostsdb.copying.generations import in_generations
from hostsdb.engine_errors import TransientError
from hostsdb.operations.steps import Load, Operation, Rows, in_transaction, run
from hostsdb.url import Dialect

LAST = 2**63 - 1
_TIMES = [rows.EVENT_COLUMNS.index(name) for name in ("event_timestamp", "created_at")]
_POSITION = rows.EVENT_COLUMNS.index("position")
# So many characters has a moment with microseconds and a zone, which every engine reads alike.
_WHOLE = len("2026-01-31 12:00:00.000000+00:00")

Row = tuple[Any, ...]


def read_page(after: int, until: int, limit: int) -> Operation[Rows]:
    """Return the next events of the log as rows, at most `limit` of them; none where none is left.

    Arguments:
        after, until: the positions between which they lie; the second one may be an event's.
        limit: how many at most.
    """
    ((end,),) = yield from run("page_end", after=after, until=until, limit=limit)
    if end is None:
        return []
    return (yield from run("events_between", after=after, until=end))


def count_until(position: int = LAST) -> Operation[int]:
    """Return how many events there are up to a position."""
    ((count,),) = yield from run("count_until", position=position)
    return int(count)


def newest_event(position: int = LAST) -> Operation[tuple[str, int] | None]:
    """Return the id and the position of the newest event at or below a position; None where there is none."""
    found = yield from run("newest_event", position=position)
    return found[0] if found else None


def position_of(event_id: str) -> Operation[int | None]:
    """Return an event's position, None where it is not stored."""
    found = yield from run("events_by_id", event_ids=rows.to_json([event_id]))
    return found[0][_POSITION] if found else None


def entries_after(id: str, limit: int) -> Operation[Rows]:
    """Return the live hosts with the next ids as rows, at most `limit` of them."""
    return (yield from run("entries_after", id=id, limit=limit))


def add_copies(dialect: Dialect, events: Rows) -> Operation[None]:
    """Add another log's events, all that they say but their positions, in their order and in one transaction.

    Arguments:
        dialect: the engine that they are added to.
        events: their rows, as read_page gives them.
    Raises:
        ConstraintViolation: the database does not take one of them.
    """
    copies = [_copy(row, _moment_for(dialect)) for row in events]
    adding = in_generations(copies) if dialect == "duckdb" else _in_order(copies)
    return (yield from in_transaction(adding))


def _copy(row: Row, moment: Callable[[Any], str]) -> Row:
    copied = list(row[:_POSITION])
    for column in _TIMES:
        copied[column] = moment(copied[column])
    return tuple(copied)


def _moment_for(dialect: Dialect) -> Callable[[Any], str]:
    """Return what makes a moment of any engine one of this engine. A text of SQLite's stays as it is on SQLite."""

    def moment(value: Any) -> str:
        if isinstance(value, str) and (dialect == "sqlite" or len(value) == _WHOLE):
            return value
        return rows.moment_text(rows.moment(value))

    return moment


def _in_order(copies: list[Row]) -> Operation[None]:
    yield Load("copy_events", copies)
    ends = [copies[0][0], copies[-1][0]]
    found = yield from run("events_by_id", event_ids=rows.to_json(ends))
    position = {row[0]: row[_POSITION] for row in found}
    if position[ends[0]] > position[ends[1]]:
        # On PostgreSQL the numbers within a transaction start over once in four million events.
        raise TransientError("the numbers of positions started over; the batch is added again")
