"""Reading from a standby, and from the primary where the standby cannot serve."""

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

# For how long a standby that could not be reached is left alone, in seconds: each read would wait for it.
_LEAVE_ALONE = 5.0
# Between two looks whether it has caught up.
_PAUSE = 0.01


class Reader:
    """Runs reads on a database's standby, if it has one.

    A read that the standby cannot serve, for it is gone, or behind, or its replay cancels the read again and again, is
    served by the primary.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._not_before = 0.0

    def read(self, operation: Callable[[], Operation[T]]) -> T:
        """Run an operation; again and again while it is told that the standby is behind."""
        standby = self._database.standby
        if standby is not None and (started := time.monotonic()) >= self._not_before:
            try:
                while True:
                    try:
                        return driver.run(standby, operation)
                    except NotYetThere:
                        if time.monotonic() - started >= standby.retry_timeout:
                            break
                        time.sleep(_PAUSE)
            except ConnectionFailed:
                self._not_before = time.monotonic() + _LEAVE_ALONE
            except TransientError:
                pass
        return driver.run(self._database.engine, operation)


class AsyncReader:
    """The same for asyncio."""

    def __init__(self, database: AsyncDatabase) -> None:
        self._database = database
        self._not_before = 0.0

    async def read(self, operation: Callable[[], Operation[T]]) -> T:
        """Run an operation; again and again while it is told that the standby is behind."""
        import asyncio

        standby = self._database.standby
        if standby is not None and (started := time.monotonic()) >= self._not_before:
            try:
                while True:
                    try:
                        return await driver.run_async(standby, operation)
                    except NotYetThere:
                        if time.monotonic() - started >= standby.retry_timeout:
                            break
                        await asyncio.sleep(_PAUSE)
            except ConnectionFailed:
                self._not_before = time.monotonic() + _LEAVE_ALONE
            except TransientError:
                pass
        return await driver.run_async(self._database.engine, operation)
