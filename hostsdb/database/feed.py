"""Following the log: pages of new events, woken by the database, for threads and for asyncio."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Protocol

from hostsdb.database import driver
from hostsdb.model import EventEnvelope
from hostsdb.operations.events import events_since
from hostsdb.operations.retry import Backoff

PAGE = 1000


class Notifier(Protocol):
    """What waits for a commit."""

    def wait(self, seconds: float) -> bool:
        """Return True as soon as there may be a new event, False after so many seconds without a sign of one."""


class AsyncNotifier(Protocol):
    """The same, awaited."""

    async def wait(self, seconds: float) -> bool:
        """Return True as soon as there may be a new event, False after so many seconds without a sign of one."""


def follow(
    engine: driver.Engine,
    notifier: Callable[[], AbstractContextManager[Notifier]],
    position: int,
    timeout: float | None,
) -> Generator[list[EventEnvelope]]:
    """Yield the events after a position in pages, and wait for more, until none has come for `timeout` seconds."""
    backoff = Backoff(timeout)
    with notifier() as commits:
        while True:
            after = position
            events = driver.run(engine, lambda: events_since(after, PAGE))  # noqa: B023  run now
            if events:
                yield events
                position = _end(events)
                backoff.restart()
            elif (pause := backoff.next_pause()) is None:
                return
            elif commits.wait(pause):
                backoff.shorten()


async def follow_async(
    engine: driver.AsyncEngine,
    notifier: Callable[[], AbstractAsyncContextManager[AsyncNotifier]],
    position: int,
    timeout: float | None,
) -> AsyncGenerator[list[EventEnvelope]]:
    """Yield the events after a position in pages, as `follow` does."""
    backoff = Backoff(timeout)
    async with notifier() as commits:
        while True:
            after = position
            events = await driver.run_async(engine, lambda: events_since(after, PAGE))  # noqa: B023
            if events:
                yield events
                position = _end(events)
                backoff.restart()
            elif (pause := backoff.next_pause()) is None:
                return
            elif await commits.wait(pause):
                backoff.shorten()


def _end(events: list[EventEnvelope]) -> int:
    position = events[-1].position
    assert position is not None
    return position
