"""Following the log: pages of new events, for threads and for asyncio."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from functools import partial
from typing import Any

from hostsdb.database import driver
from hostsdb.database.open import AsyncDatabase, Database
from hostsdb.engines.calls import Calls, finish, finish_async
from hostsdb.model import StoredEvent
from hostsdb.operations.events import events_since
from hostsdb.operations.retry import Backoff

PAGE = 1000


def follow(database: Database, position: int, timeout: float | None) -> Generator[list[StoredEvent]]:
    """Yield the events after a position in pages, and wait for more. End after `timeout` seconds without one."""
    feed = _Feed(partial(driver.run, database.engine), position, timeout)
    with database.notifications.watching() as commits:
        while page := finish(feed.next_page(commits)):
            yield page


async def follow_async(
    database: AsyncDatabase, position: int, timeout: float | None
) -> AsyncGenerator[list[StoredEvent]]:
    """Yield the events after a position in pages, as `follow` does."""
    feed = _Feed(partial(driver.run_async, database.engine), position, timeout)
    with database.notifications.watching() as commits:
        while page := await finish_async(feed.next_page(commits)):
            yield page


class _Feed:
    def __init__(self, run: Callable[..., Any], position: int, timeout: float | None) -> None:
        self._run = run
        self._position = position
        self._timeout = timeout

    def next_page(self, commits: driver.Notifier) -> Calls[list[StoredEvent]]:
        """Return the next events; an empty list after the timeout."""
        backoff = Backoff(self._timeout)
        while True:
            events: list[StoredEvent] = yield self._run(lambda: events_since(self._position, PAGE))
            if events:
                self._position = events[-1].position
                return events
            if (delay := backoff.next_delay()) is None:
                return []
            if (yield from commits.wait(delay)):
                # An event may become visible only when an older transaction has ended, after the notification.
                backoff.shorten()
