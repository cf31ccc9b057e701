"""Following the log: pages of new events, woken by the database, for threads and for asyncio."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from math import inf
from typing import Protocol

from hostsdb import driver
from hostsdb.model import EventEnvelope
from hostsdb.operations.events import events_since

PAGE = 1000
# How soon to look again after an event, and how seldom after a long silence, in seconds. An event may be visible only
# some time after the notification, when a transaction before it has ended.
_FIRST_PAUSE, _LAST_PAUSE, _GROWTH = 0.01, 1.0, 1.5


class Waker(Protocol):
    """What waits for a commit."""

    def wait(self, seconds: float) -> bool:
        """Return True as soon as there may be a new event, False after so many seconds without a sign of one."""


class AsyncWaker(Protocol):
    """The same, awaited."""

    async def wait(self, seconds: float) -> bool:
        """Return True as soon as there may be a new event, False after so many seconds without a sign of one."""


class _Pace:
    """How long to wait between two looks, until nothing has come for `timeout` seconds."""

    def __init__(self, timeout: float | None) -> None:
        self._timeout = inf if timeout is None else timeout
        self.begin_anew()

    def begin_anew(self) -> None:
        self._pause = _FIRST_PAUSE
        self._end = time.monotonic() + self._timeout

    def pause(self) -> float | None:
        """Return the next pause in seconds; None when it is time to end."""
        left = self._end - time.monotonic()
        pause, self._pause = self._pause, min(self._pause * _GROWTH, _LAST_PAUSE)
        return min(pause, left) if left > 0 else None

    def quicken(self) -> None:
        self._pause = _FIRST_PAUSE


def follow(
    engine: driver.Engine,
    waker: Callable[[], AbstractContextManager[Waker]],
    position: int,
    timeout: float | None,
) -> Generator[list[EventEnvelope]]:
    """Yield the events after a position in pages, and wait for more, until none has come for `timeout` seconds."""
    pace = _Pace(timeout)
    with waker() as commits:
        while True:
            after = position
            events = driver.run(engine, lambda: events_since(after, PAGE))  # noqa: B023  run now
            if events:
                yield events
                position = _end(events)
                pace.begin_anew()
            elif (pause := pace.pause()) is None:
                return
            elif commits.wait(pause):
                pace.quicken()


async def follow_async(
    engine: driver.AsyncEngine,
    waker: Callable[[], AbstractAsyncContextManager[AsyncWaker]],
    position: int,
    timeout: float | None,
) -> AsyncGenerator[list[EventEnvelope]]:
    """Yield the events after a position in pages, as `follow` does."""
    pace = _Pace(timeout)
    async with waker() as commits:
        while True:
            after = position
            events = await driver.run_async(engine, lambda: events_since(after, PAGE))  # noqa: B023
            if events:
                yield events
                position = _end(events)
                pace.begin_anew()
            elif (pause := pace.pause()) is None:
                return
            elif await commits.wait(pause):
                pace.quicken()


def _end(events: list[EventEnvelope]) -> int:
    position = events[-1].position
    assert position is not None
    return position
