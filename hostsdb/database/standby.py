"""Reads on a standby, or on the primary if the standby cannot serve them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from hostsdb.database import driver
from hostsdb.database.open import AsyncDatabase, Database
from hostsdb.engine_errors import TransientError
from hostsdb.errors import ConnectionFailed
from hostsdb.operations.projection import NotYetThere
from hostsdb.operations.steps import Operation

T = TypeVar("T")

# How long an unreachable standby is not used, in seconds: each read would wait for it.
_UNUSED_FOR = 5.0
# How often to check whether the standby has caught up, in seconds.
_INTERVAL = 0.01


class Reader:
    """Runs reads on a database's standby, if there is one.

    The primary serves a read if the standby is unreachable, lags behind, or cancels the read again and again.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._not_before = 0.0

    def read(self, operation: Callable[[], Operation[T]]) -> T:
        """Run an operation. Repeat it while the standby lags behind."""
        standby = self._database.standby
        if standby is not None and (started := time.monotonic()) >= self._not_before:
            try:
                while True:
                    try:
                        return driver.run(standby, operation)
                    except NotYetThere:
                        if time.monotonic() - started >= standby.retry_timeout:
                            break
                        time.sleep(_INTERVAL)
            except ConnectionFailed:
                self._not_before = time.monotonic() + _UNUSED_FOR
            except TransientError:
                pass
        return driver.run(self._database.engine, operation)


class AsyncReader:
    """The same for asyncio."""

    def __init__(self, database: AsyncDatabase) -> None:
        self._database = database
        self._not_before = 0.0

    async def read(self, operation: Callable[[], Operation[T]]) -> T:
        """Run an operation. Repeat it while the standby lags behind."""
        import asyncio  # see driver.run_async

        standby = self._database.standby
        if standby is not None and (started := time.monotonic()) >= self._not_before:
            try:
                while True:
                    try:
                        return await driver.run_async(standby, operation)
                    except NotYetThere:
                        if time.monotonic() - started >= standby.retry_timeout:
                            break
                        await asyncio.sleep(_INTERVAL)
            except ConnectionFailed:
                self._not_before = time.monotonic() + _UNUSED_FOR
            except TransientError:
                pass
        return await driver.run_async(self._database.engine, operation)
