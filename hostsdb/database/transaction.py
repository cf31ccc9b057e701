"""A transaction in place of a database: one connection, no retries."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import NoReturn, TypeVar

from hostsdb.database import driver
from hostsdb.database.open import AsyncDatabase, Database
from hostsdb.engine_errors import TransientError
from hostsdb.errors import QueryFailed
from hostsdb.operations.nesting import Nesting, begin_marked, commit_marked
from hostsdb.operations.retry import final_error
from hostsdb.operations.steps import Operation
from hostsdb.url import DatabaseUrl

T = TypeVar("T")


class _Transaction:
    """What the two classes share.

    Arguments:
        url: the database of the storage.
        callers: whether the connection and its transaction are the caller's.
    """

    standby = None

    def __init__(self, url: DatabaseUrl, callers: bool) -> None:
        self.url = url
        self._callers = callers
        self._has_ended = False

    def outside(self, what: str) -> NoReturn:
        """Raise QueryFailed: a method cannot be used in a transaction."""
        raise QueryFailed(
            f"{what}() cannot be used in a transaction; call it on the storage that connect() returned"
        )

    def end(self) -> None:
        """Refuse further operations."""
        self._has_ended = True

    def _nesting(self) -> Nesting:
        if self._has_ended:
            raise QueryFailed("this transaction has ended; use the storage that connect() returned")
        return Nesting(self.url.dialect, self._callers)


class Transaction(_Transaction):
    """An open transaction, for threads. They may share it; one operation runs at a time."""

    def __init__(self, url: DatabaseUrl, connection: driver.Connection, *, callers: bool) -> None:
        super().__init__(url, callers)
        self._connection = connection
        self._lock = threading.RLock()

    def run(self, operation: Callable[[], Operation[T]]) -> T:
        """Run an operation, once. If it fails, nothing of it is stored."""
        with self._lock:
            nesting = self._nesting()
            try:
                with driver.block(self._connection, nesting.begin(), nesting.end, nesting.undo):
                    return driver.run_on(self._connection, nesting.run(operation()))
            except TransientError as error:
                raise final_error(error) from error.__cause__

    run_append = run


class AsyncTransaction(_Transaction):
    """An open transaction, for asyncio."""

    def __init__(self, url: DatabaseUrl, connection: driver.AsyncConnection, *, callers: bool) -> None:
        import asyncio  # see driver.sleep_async

        super().__init__(url, callers)
        self._connection = connection
        self._lock = asyncio.Lock()

    async def run(self, operation: Callable[[], Operation[T]]) -> T:
        """Run an operation, as Transaction.run does."""
        async with self._lock:
            nesting = self._nesting()
            try:
                async with driver.block_async(self._connection, nesting.begin(), nesting.end, nesting.undo):
                    return await driver.run_on_async(self._connection, nesting.run(operation()))
            except TransientError as error:
                raise final_error(error) from error.__cause__


@contextmanager
def transaction(database: Database) -> Iterator[Transaction]:
    """Begin a transaction on a connection of the engine. Commit at the end of the block."""
    with driver.checked_out_block(database.engine, begin_marked, commit_marked, "prefer") as (connection, _):
        inside = Transaction(database.url, connection, callers=False)
        try:
            yield inside
        finally:
            inside.end()


@asynccontextmanager
async def transaction_async(database: AsyncDatabase) -> AsyncIterator[AsyncTransaction]:
    """Begin a transaction, as `transaction` does."""
    checked_out = driver.checked_out_block_async(database.engine, begin_marked, commit_marked, "prefer")
    async with checked_out as (connection, _):
        inside = AsyncTransaction(database.url, connection, callers=False)
        try:
            yield inside
        finally:
            inside.end()
