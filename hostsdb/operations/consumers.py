"""Named consumers: the position in the log of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from hostsdb import rows
from hostsdb.engine_errors import TransientError
from hostsdb.errors import InvalidData, NotFound, QueryFailed, escaped
from hostsdb.model import Consumer, StoredEvent
from hostsdb.operations.events import log_end
from hostsdb.operations.matching import EventFilter, next_events
from hostsdb.operations.nesting import begin_marked, check_marked
from hostsdb.operations.reading import existing_position, refuse_subscriber
from hostsdb.operations.retry import LOCK_TIMEOUT, retry_idempotent, retry_unknown_commit
from hostsdb.operations.steps import Operation, in_transaction, run

# The position of a new consumer: before the first event.
BEGINNING = -1

Start = Literal["beginning", "end"]


@dataclass
class Turn:
    """A consumer's turn: a transaction that ends with its new position.

    Attributes:
        name: the consumer.
        marker: what `begin_marked` returned.
        before: the position at the beginning; None for a new consumer that begins at the end of the log.
        after: the position to move to.
        events: the events to handle.
    """

    name: str
    marker: Any
    before: int | None
    after: int
    events: list[StoredEvent]


def list_consumers() -> Operation[list[Consumer]]:
    """Return all consumers that have handled events, ordered by name."""
    found = yield from run("list_consumers")
    return list(rows.readable(found, rows.consumer, "consumer", rows.CONSUMER_COLUMNS))


def reset_consumer(name: str, position: int) -> Operation[None]:
    """Set the position of a consumer. Its next event is the first one after that position.

    Arguments:
        name: the consumer. It waits for the end of the consumer's turn.
        position: the position of the last event that counts as handled; -1: none.
    Raises:
        NotFound: there is no consumer with this name.
        InvalidData: no event has a position as high as this, or it is less than -1.
        QueryFailed: the consumer's turn did not end within 30 seconds.
    """
    yield from retry_idempotent(in_transaction(_reset(_checked(name), position)))


def _reset(name: str, position: int) -> Operation[None]:
    found = yield from run("newest_event", position=2**63 - 1)
    newest = found[0][1] if found else BEGINNING
    if not BEGINNING <= position <= newest:
        raise InvalidData(f"{position} is no position of this log; give one from {BEGINNING} to {newest}")
    yield from _lock(name, LOCK_TIMEOUT)
    now = rows.moment_text(datetime.now(UTC))
    ((changed,),) = yield from run("reset_consumer", name=name, position=position, now=now)
    if not changed:
        raise NotFound(kind="consumer", id=name)


def remove_consumer(name: str) -> Operation[None]:
    """Forget the position of a consumer. With this name a new consumer begins.

    Arguments:
        name: the consumer. It waits for the end of the consumer's turn.
    Raises:
        NotFound: there is no consumer with this name.
        QueryFailed: the consumer's turn did not end within 30 seconds.
    """

    def attempt(commit_unknown: bool) -> Operation[None]:
        return (yield from in_transaction(_remove(_checked(name), commit_unknown)))

    yield from retry_unknown_commit(attempt)


def _remove(name: str, commit_unknown: bool) -> Operation[None]:
    yield from _lock(name, LOCK_TIMEOUT)
    ((removed,),) = yield from run("remove_consumer", name=name)
    if not removed and not commit_unknown:
        raise NotFound(kind="consumer", id=name)


def begin_turn(name: str, limit: int, timeout: float, start: Start, wanted: EventFilter) -> Operation[Turn]:
    """Begin a transaction, wait for the consumer's turn, and return its next events.

    Arguments:
        name, limit, start, wanted: as in consuming.
        timeout: how long to wait for the turn, in seconds.
    Raises:
        InvalidData: the name is empty.
        QueryFailed: the database is a subscriber of logical replication.
        QueryFailed: another session held the lock of the consumer for `timeout` seconds.
    """
    yield from refuse_subscriber()
    marker = yield from begin_marked(writes=True, lock_timeout=timeout)
    yield from _lock(_checked(name), timeout)
    found = yield from run("consumer_position", name=name)
    if found:
        before = position = int(found[0][0])
    elif start == "beginning":
        before = position = BEGINNING
    else:
        before, position = None, (yield from log_end())
    events, after = yield from next_events(position, limit, wanted)
    if not events and after == position:
        after = yield from existing_position(position)  # the log was rewound
        events, after = (
            (yield from next_events(after, limit, wanted)) if after < position else (events, after)
        )
    return Turn(name, marker, before, after, events)


def end_turn(turn: Turn) -> Operation[None]:
    """Move the consumer to the position up to which the log was read, and commit.

    Raises:
        QueryFailed, ConnectionLost: the block has lost its transaction; see check_marked.
        TransientError: another process moved the consumer; nothing of this transaction is stored.
    """
    yield from check_marked(turn.marker)
    if turn.after != turn.before:
        before = BEGINNING if turn.before is None else turn.before
        now = rows.moment_text(datetime.now(UTC))
        moving = run("move_consumer", name=turn.name, before=before, position=turn.after, now=now)
        ((moved,),) = yield from moving
        if not moved:
            raise TransientError(f"another process moved the consumer {turn.name}; consume again")
    yield from run("commit")


def _lock(name: str, timeout: float) -> Operation[None]:
    milliseconds = max(1, round(timeout * 1000))  # 0 would be no limit
    try:
        yield from run("lock_consumer", name=name, timeout=f"{milliseconds}ms")
    except QueryFailed as error:
        if getattr(error.__cause__, "sqlstate", None) != "55P03":
            raise
        raise QueryFailed(
            f"another session has the turn of the consumer {escaped(name)}, waited {timeout:g} s; try again later"
        ) from error.__cause__


def _checked(name: str) -> str:
    if not rows.text(name):
        raise InvalidData("the name of a consumer must not be empty")
    return name
