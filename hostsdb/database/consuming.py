"""A consumer's turn as a block."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, closing, contextmanager
from functools import partial
from time import monotonic
from typing import Any

from hostsdb.database import driver
from hostsdb.database.feed import follow, follow_async
from hostsdb.database.open import AsyncDatabase, Database
from hostsdb.model import Batch
from hostsdb.operations.consumers import BEGINNING, Start, Turn, begin_turn, end_turn
from hostsdb.operations.matching import EventFilter
from hostsdb.operations.retry import LOCK_TIMEOUT

# PostgreSQL's lock_timeout has 32 bits, in milliseconds. This is in seconds.
_LONGEST = 2_000_000.0


class _Waiting:
    """How long a call waits.

    Attributes:
        for_turn: how long to wait for the consumer's turn, in seconds.
        deadline: until when to wait for the one connection of an embedded engine. PostgreSQL has a pool.
    """

    def __init__(self, database: Database | AsyncDatabase, timeout: float) -> None:
        now = monotonic()
        self.for_turn = min(timeout, _LONGEST) if timeout > 0 else LOCK_TIMEOUT
        self.deadline = None if database.url.dialect == "postgres" else now + self.for_turn
        self._end = now + timeout

    def left(self) -> float:
        """Return how long to wait for an event, in seconds."""
        return max(0.0, self._end - monotonic())


@contextmanager
def consuming(
    database: Database, name: str, limit: int, timeout: float, start: Start, wanted: EventFilter
) -> Iterator[Batch]:
    """Give a consumer its turn; see Storage.consuming."""
    waiting = _Waiting(database, timeout)
    while True:
        begin = partial(begin_turn, name, limit, waiting.for_turn, start, wanted)
        with driver.checked_out_block(database.engine, begin, end_turn, "any", waiting.deadline) as (
            connection,
            turn,
        ):
            if turn.events or waiting.left() == 0:
                yield _batch(turn, connection.raw)
                return
        with closing(follow(database, turn.after, waiting.left(), wanted)) as pages:
            next(pages, None)


@asynccontextmanager
async def consuming_async(
    database: AsyncDatabase, name: str, limit: int, timeout: float, start: Start, wanted: EventFilter
) -> AsyncIterator[Batch]:
    """Give a consumer its turn; see Storage.consuming."""
    waiting = _Waiting(database, timeout)
    while True:
        begin = partial(begin_turn, name, limit, waiting.for_turn, start, wanted)
        async with driver.checked_out_block_async(
            database.engine, begin, end_turn, "any", waiting.deadline
        ) as (connection, turn):
            if turn.events or waiting.left() == 0:
                yield _batch(turn, connection.raw)
                return
        async with aclosing(follow_async(database, turn.after, waiting.left(), wanted)) as pages:
            await anext(pages, None)


def _batch(turn: Turn, raw: Any) -> Batch:
    return Batch(turn.events, raw, BEGINNING if turn.before is None else turn.before)
