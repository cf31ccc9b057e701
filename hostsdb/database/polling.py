"""Notifications of commits for engines that have none: a change token is read many times a second."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from hostsdb.database import driver
from hostsdb.operations.steps import Rows, run

_INTERVAL = 0.05  # seconds


class _ChangeToken:
    """Detects that a value has changed. The first value counts as a change."""

    def __init__(self) -> None:
        self._value: Rows | None = None

    def changed(self, value: Rows) -> bool:
        before, self._value = self._value, value
        return value != before


@contextmanager
def polling(engine: driver.Engine) -> Iterator[_Poller]:
    """Give a notifier that polls an engine."""
    yield _Poller(engine)


@asynccontextmanager
async def polling_async(engine: driver.AsyncEngine) -> AsyncIterator[_AsyncPoller]:
    """Give a notifier as `polling` does."""
    yield _AsyncPoller(engine)


class _Poller:
    def __init__(self, engine: driver.Engine) -> None:
        self._engine = engine
        self._token = _ChangeToken()

    def wait(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not self._token.changed(driver.run(self._engine, lambda: run("change_token"))):
            left = end - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, _INTERVAL))
        return True


class _AsyncPoller:
    def __init__(self, engine: driver.AsyncEngine) -> None:
        self._engine = engine
        self._token = _ChangeToken()

    async def wait(self, seconds: float) -> bool:
        import asyncio  # see driver.run_async

        end = time.monotonic() + seconds
        while not self._token.changed(await driver.run_async(self._engine, lambda: run("change_token"))):
            left = end - time.monotonic()
            if left <= 0:
                return False
            await asyncio.sleep(min(left, _INTERVAL))
        return True
