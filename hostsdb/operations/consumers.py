"""Named consumers: the position in the log of each."""

from __future__ import annotations

from datetime import UTC, datetime

from hostsdb import rows
from hostsdb.engine_errors import TransientError
from hostsdb.errors import InvalidData
from hostsdb.model import Consumer, StoredEvent
from hostsdb.operations.events import events_since
from hostsdb.operations.retry import LOCK_TIMEOUT
from hostsdb.operations.steps import Operation, run

# The position of a new consumer: before the first event.
BEGINNING = -1


def consumer_position(name: str) -> Operation[int]:
    """Return the position of the last event that a consumer has handled; -1 for a new consumer."""
    found = yield from run("consumer_position", name=_checked(name))
    return int(found[0][0]) if found else BEGINNING


def list_consumers() -> Operation[list[Consumer]]:
    """Return all consumers that have handled events, ordered by name."""
    found = yield from run("list_consumers")
    return list(rows.readable(found, rows.consumer, "consumer", rows.CONSUMER_COLUMNS))


def begin_consuming(name: str, limit: int) -> Operation[tuple[int, list[StoredEvent]]]:
    """Begin a transaction, lock the consumer, and return its position and its next events.

    Raises:
        InvalidData: the name is empty.
        QueryFailed: another session held the lock of the consumer for LOCK_TIMEOUT seconds.
    """
    yield from run("begin")
    yield from run("lock_consumer", name=_checked(name), timeout=f"{LOCK_TIMEOUT:g}s")
    position = yield from consumer_position(name)
    events = yield from events_since(position, limit)
    return position, events


def end_consuming(name: str, before: int, events: list[StoredEvent]) -> Operation[None]:
    """Move a consumer to the position of its last event, and commit.

    Arguments:
        name: the consumer.
        before: its position at the beginning of the transaction.
        events: the events that it has handled.
    Raises:
        TransientError: another process moved the consumer; nothing of this transaction is stored.
    """
    if events:
        after, now = events[-1].position, rows.moment_text(datetime.now(UTC))
        ((moved,),) = yield from run("move_consumer", name=name, before=before, position=after, now=now)
        if not moved:
            raise TransientError(f"another process moved the consumer {name}; consume again")
    yield from run("commit")


def _checked(name: str) -> str:
    if not rows.text(name):
        raise InvalidData("the name of a consumer must not be empty")
    return name
