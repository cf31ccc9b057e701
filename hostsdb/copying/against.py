"""Compare a log with a copy of it that is trusted, event by event."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from hostsdb.database.driver import run
from hostsdb.database.open import Database
from hostsdb.errors import escaped
from hostsdb.operations.events import log_end
from hostsdb.operations.proving import FIRST, find_content, read_leaves
from hostsdb.operations.steps import Operation
from hostsdb.operations.steps import run as statement
from hostsdb.proof.leaf import decode

# The number of leaves that are read at once.
_PAGE = 10_000

Leaf = tuple[int, bytes]


def event_differences(log: Database, copy: Database, size: int) -> Iterator[str]:
    """Yield a line for each event that is not what it is in the copy.

    Arguments:
        log: the log. It may have newer events.
        copy: a copy of it, on any engine.
        size: the number of events to compare, from the beginning of the copy.
    """
    ours, theirs = _leaves(log), islice(_leaves(copy), size)
    our, their = next(ours, None), next(theirs, None)
    while their is not None:
        kind = "same" if our is not None and our[1] == their[1] else _kind(log, copy, our, their)
        if kind != "same":
            yield _words(log, copy, kind, our, their)
        if kind != "missing":
            our = next(ours, None)
        if kind != "added":
            their = next(theirs, None)


def _leaves(database: Database) -> Iterator[Leaf]:
    """Yield the positions and the leaf hashes of a log."""
    until, after = run(database.engine, log_end), FIRST
    while True:
        ends, leaves = run(database.engine, lambda after=after: read_leaves(after, until, _PAGE))  # type: ignore[misc]
        if not ends:
            return
        yield from zip(ends, leaves, strict=True)
        after = ends[-1]


def _kind(log: Database, copy: Database, our: Leaf | None, their: Leaf) -> str:
    their_id = _event_at(copy, their)
    if our is not None and _event_at(log, our) == their_id:
        return "changed"
    if our is None or not _has(log, their_id):
        return "missing"
    return "misplaced" if _has(copy, _event_at(log, our)) else "added"


def _words(log: Database, copy: Database, kind: str, our: Leaf | None, their: Leaf) -> str:
    if kind == "missing" or our is None:
        return f"event {escaped(_event_at(copy, their))}, at position {their[0]} of the copy, is missing"
    event_id = _event_at(log, our)
    event = f"event {escaped(event_id)} at position {our[0]}"
    if kind == "changed":
        return f"{event} was changed: {_changed_columns(log, copy, event_id)}"
    return f"{event} was added" if kind == "added" else f"{event} has another place in the copy"


def _changed_columns(log: Database, copy: Database, event_id: str) -> str:
    contents = [run(database.engine, lambda: find_content(event_id)) for database in (log, copy)]
    if None in contents:
        return "it is erased in one of the two, and the hash is not that of the event"
    one, other = (decode(found[1]) for found in contents if found)
    return ", ".join(name for name in one if one[name] != other[name])


def _event_at(database: Database, leaf: Leaf) -> str:
    def find() -> Operation[str]:
        ((event_id, *_), *_) = yield from statement("event_at", position=leaf[0])
        return str(event_id)

    return run(database.engine, find)


def _has(database: Database, event_id: str) -> bool:
    return bool(run(database.engine, lambda: statement("event_position", event_id=event_id)))
