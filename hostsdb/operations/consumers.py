"""Named consumers: how far in the log each has come."""

from __future__ import annotations

from datetime import UTC, datetime

from hostsdb import rows
from hostsdb.engine_errors import TransientError
from hostsdb.errors import InvalidData
from hostsdb.model import Consumer, EventEnvelope
from hostsdb.operations.events import events_since
from hostsdb.operations.steps import Operation, run

# Where a new consumer begins: before the first event.
BEGINNING = -1


def consumer_position(name: str) -> Operation[int]:
    """Return the position of the last event that a consumer has handled; -1 for a new one."""
    found = yield from run("consumer_position", name=_checked(name))
    return int(found[0][0]) if found else BEGINNING


def list_consumers() -> Operation[list[Consumer]]:
    """Return every consumer that has handled events, by name."""
    found = yield from run("list_consumers")
    return [Consumer(name, position, rows.moment(at)) for name, position, at in found]


def begin_consuming(name: str, limit: int) -> Operation[tuple[int, list[EventEnvelope]]]:
    """Begin a transaction and wait for the consumer's turn in it; return its position and its next events."""
    yield from run("begin")
    yield from run("lock_consumer", name=_checked(name))
    position = yield from consumer_position(name)
    events = yield from events_since(position, limit)
    return position, events


def end_consuming(name: str, before: int, events: list[EventEnvelope]) -> Operation[None]:
    """Move a consumer from its position past the events, and commit.

    Raises:
        TransientError: somebody has moved it meanwhile; nothing of this transaction is stored.
    """
    if events:
        after, now = events[-1].position, rows.moment_text(datetime.now(UTC))
        ((moved,),) = yield from run("move_consumer", name=name, before=before, position=after, now=now)
        if not moved:
            raise TransientError(f"the consumer {name} was moved by somebody else; consume again")
    yield from run("commit")


def _checked(name: str) -> str:
    if not rows.text(name):
        raise InvalidData("a consumer's name is empty")
    return name
