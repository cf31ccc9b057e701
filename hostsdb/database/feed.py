"""Following the log: pages of new events, for threads and for asyncio."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from functools import partial
from typing import Any

from hostsdb.database import driver
from hostsdb.database.open import AsyncDatabase, Database
from hostsdb.engines.calls import Calls, finish, finish_async
from hostsdb.model import StoredEvent
from hostsdb.operations.matching import EventFilter, next_events
from hostsdb.operations.retry import Backoff

PAGE = 1000


def follow(
    database: Database, position: int, timeout: float | None, wanted: EventFilter
) -> Generator[list[StoredEvent]]:
    """Yield matching events after a position in pages, and wait for more. End after `timeout` seconds without one."""
    feed = _Feed(partial(driver.run, database.engine), position, timeout, wanted)
    with database.notifications.watching() as commits:
        while page := finish(feed.next_page(commits)):
            yield page


async def follow_async(
    database: AsyncDatabase, position: int, timeout: float | None, wanted: EventFilter
) -> AsyncGenerator[list[StoredEvent]]:
    """Yield matching events after a position in pages, as `follow` does."""
    feed = _Feed(partial(driver.run_async, database.engine), position, timeout, wanted)
    with database.notifications.watching() as commits:
        while page := await finish_async(feed.next_page(commits)):
            yield page


class _Feed:
    def __init__(
        self, run: Callable[..., Any], position: int, timeout: float | None, wanted: EventFilter
    ) -> None:
        self._run = run
        self._position = position
        self._timeout = timeout
        self._wanted = wanted

    def next_page(self, commits: driver.Notifier) -> Calls[list[StoredEvent]]:
        """Return the next events; an empty list after the timeout."""
        backoff = Backoff(self._timeout)
        while True:
            events: list[StoredEvent]
            events, self._position = yield self._run(lambda: next_events(self._position, PAGE, self._wanted))
            if events:
                return events
            if (delay := backoff.next_delay()) is None:
                return []
            if (yield from commits.wait(delay)):
                # An event may become visible only when an older transaction has ended, after the notification.
                backoff.shorten()
