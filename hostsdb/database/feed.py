"""Following the log: pages of new events, for threads and for asyncio."""

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
    """Waits for a commit."""

    def wait(self, seconds: float) -> bool:
        """Return True as soon as there may be a new event, False after so many seconds."""


class AsyncNotifier(Protocol):
    """The same for asyncio."""

    async def wait(self, seconds: float) -> bool:
        """Return True as soon as there may be a new event, False after so many seconds."""


def follow(
    engine: driver.Engine,
    notifier: Callable[[], AbstractContextManager[Notifier]],
    position: int,
    timeout: float | None,
) -> Generator[list[EventEnvelope]]:
    """Yield the events after a position in pages, and wait for more. End after `timeout` seconds without one."""
    backoff = Backoff(timeout)
    with notifier() as commits:
        while True:
            after = position
            events = driver.run(engine, lambda: events_since(after, PAGE))  # noqa: B023  run now
            if events:
                yield events
                position = _end(events)
                backoff.restart()
            elif (pause := backoff.next_delay()) is None:
                return
            elif commits.wait(pause):
                # An event may become visible only when an older transaction has ended, after the notification.
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
            elif (pause := backoff.next_delay()) is None:
                return
            elif await commits.wait(pause):
                backoff.shorten()


def _end(events: list[EventEnvelope]) -> int:
    position = events[-1].position
    assert position is not None
    return position
