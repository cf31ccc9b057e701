"""The two drivers that run an operation: one for threads, one for asyncio."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, Protocol, TypeVar

from hostsdb.engine_errors import ConnectionLost, TransientError
from hostsdb.errors import StorageError
from hostsdb.operations.retry import Retries
from hostsdb.operations.steps import Load, Operation, Rows, Statement

T = TypeVar("T")


class Connection(Protocol):
    """A connection that runs what operations yield, and raises only errors of hostsdb."""

    @property
    def raw(self) -> Any:
        """The driver's own connection."""

    def perform(self, step: Statement | Load) -> Rows:
        """Run a step and return its rows."""


class AsyncConnection(Protocol):
    """The same, awaited."""

    @property
    def raw(self) -> Any:
        """The driver's own connection."""

    async def perform(self, step: Statement | Load) -> Rows:
        """Run a step and return its rows."""


class Engine(Protocol):
    """What lends connections. One that comes back in the middle of a transaction is rolled back.

    Attributes:
        retry_timeout: for how long an operation is repeated whose connection broke, in seconds.
    """

    retry_timeout: float

    def connection(self, deadline: float | None = None) -> AbstractContextManager[Connection]:
        """Lend a connection.

        Arguments:
            deadline: the moment of time.monotonic() until which a server is waited for; None: as long as is usual.
        """


class AsyncEngine(Protocol):
    """The same, awaited."""

    retry_timeout: float

    def connection(self, deadline: float | None = None) -> AbstractAsyncContextManager[AsyncConnection]:
        """Lend a connection, as Engine does."""


def run(engine: Engine, operation: Callable[[], Operation[T]]) -> T:
    """Run an operation on a connection of an engine, again where the engine asks for it or the connection broke."""
    retries = Retries(engine.retry_timeout)
    while True:
        try:
            with engine.connection(retries.deadline) as connection:
                return run_on(connection, operation())
        except (TransientError, ConnectionLost) as error:
            time.sleep(retries.sleep_after(error))


def run_on(connection: Connection, steps: Operation[T]) -> T:
    """Run an operation on this connection, once."""
    try:
        step = next(steps)
        while True:
            try:
                rows = connection.perform(step)
            except StorageError as error:
                step = steps.throw(error)
            else:
                step = steps.send(rows)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]


async def run_async(engine: AsyncEngine, operation: Callable[[], Operation[T]]) -> T:
    """Run an operation as `run` does."""
    import asyncio  # it takes longer to import than Python to start, and the sync side does without

    retries = Retries(engine.retry_timeout)
    while True:
        try:
            async with engine.connection(retries.deadline) as connection:
                return await run_on_async(connection, operation())
        except (TransientError, ConnectionLost) as error:
            await asyncio.sleep(retries.sleep_after(error))


async def run_on_async(connection: AsyncConnection, steps: Operation[T]) -> T:
    """Run an operation on this connection, once."""
    try:
        step = next(steps)
        while True:
            try:
                rows = await connection.perform(step)
            except StorageError as error:
                step = steps.throw(error)
            else:
                step = steps.send(rows)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
