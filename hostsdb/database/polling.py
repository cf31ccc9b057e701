"""For engines that cannot call: a look, many times a second, at a cheap sign of a commit."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from hostsdb.database import driver
from hostsdb.operations.steps import run

_INTERVAL = 0.05  # seconds


class _ChangeToken:
    """Watches a value that is another after each commit: its first look counts as a sign."""

    def __init__(self) -> None:
        self._mark: object = None

    def changed(self, mark: object) -> bool:
        before, self._mark = self._mark, mark
        return mark != before


class _Poller:
    def __init__(self, engine: driver.Engine) -> None:
        self._engine = engine
        self._marks = _ChangeToken()

    def wait(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not self._marks.changed(driver.run(self._engine, lambda: run("change_token"))):
            left = end - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, _INTERVAL))
        return True


@contextmanager
def polling(engine: driver.Engine) -> Iterator[_Poller]:
    """Give a notifier that looks at an engine."""
    yield _Poller(engine)


class _AsyncPoller:
    def __init__(self, engine: driver.AsyncEngine) -> None:
        self._engine = engine
        self._marks = _ChangeToken()

    async def wait(self, seconds: float) -> bool:
        import asyncio

        end = time.monotonic() + seconds
        while not self._marks.changed(await driver.run_async(self._engine, lambda: run("change_token"))):
            left = end - time.monotonic()
            if left <= 0:
                return False
            await asyncio.sleep(min(left, _INTERVAL))
        return True


@asynccontextmanager
async def polling_async(engine: driver.AsyncEngine) -> AsyncIterator[_AsyncPoller]:
    """Give a notifier as `polling` does."""
    yield _AsyncPoller(engine)
