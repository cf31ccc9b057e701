"""The two drivers that run an operation: one for threads, one for asyncio."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from typing import Any, Protocol, TypeVar

from hostsdb.engine_errors import ConnectionLost, TransientError
from hostsdb.engines.calls import Calls
from hostsdb.engines.writable import Writable
from hostsdb.errors import StorageError
from hostsdb.model import PoolStats
from hostsdb.operations.retry import Retries
from hostsdb.operations.steps import Ask, Load, Operation, Rows, Statement
from hostsdb.operations.steps import run as statement
from hostsdb.url import Dialect

T = TypeVar("T")


class Connection(Protocol):
    """A connection that runs the steps of operations. It raises only errors of hostsdb.

    Attributes:
        dialect: the dialect of its engine.
    """

    dialect: Dialect

    @property
    def raw(self) -> Any:
        """The connection of psycopg, sqlite3 or duckdb."""

    def perform(self, step: Statement | Load) -> Rows:
        """Run a step and return its rows."""


class AsyncConnection(Protocol):
    """The same for asyncio."""

    dialect: Dialect

    @property
    def raw(self) -> Any:
        """The connection of psycopg, sqlite3 or duckdb."""

    async def perform(self, step: Statement | Load) -> Rows:
        """Run a step and return its rows."""


class Engine(Protocol):
    """Checks out connections. It rolls back an unfinished transaction at checkin.

    Attributes:
        retry_timeout: how long an operation is retried, in seconds; see operations.retry.
    """

    retry_timeout: float

    def lock(self, deadline: float | None = None) -> AbstractContextManager[Any]:
        """Return a context manager around that of `connection`: the lock of an engine with one connection.

        Ctrl-C may end a thread before the first line of an __exit__ in Python. Such an __exit__ must not be what
        releases the lock: other threads would wait for ever.
        """

    def connection(
        self, deadline: float | None = None, writable: Writable = "any"
    ) -> AbstractContextManager[Connection]:
        """Return a context manager for a connection.

        Arguments:
            deadline: the time.monotonic() until which to wait for a server; None: the engine's own timeout.
            writable: whether to wait for a server that accepts writes.
        """

    def pool_stats(self) -> PoolStats:
        """Return the numbers of connections."""

    def close(self) -> None:
        """Close every connection."""


class AsyncEngine(Protocol):
    """The same for asyncio."""

    retry_timeout: float

    def connection(
        self, deadline: float | None = None, writable: Writable = "any"
    ) -> AbstractAsyncContextManager[AsyncConnection]:
        """Return a context manager for a connection, as Engine does."""

    def pool_stats(self) -> PoolStats:
        """Return the numbers of connections."""

    async def close(self) -> None:
        """Close every connection."""


class Notifier(Protocol):
    """Waits for a commit."""

    def wait(self, seconds: float) -> Calls[bool]:
        """Return True as soon as there may be a new event, False after so many seconds."""


class Notifications(Protocol):
    """What notifies the watchers of a storage."""

    def watching(self) -> AbstractContextManager[Notifier]:
        """Give a notifier for one watcher."""

    def close(self) -> None:
        """Close its connection."""


def run(engine: Engine, operation: Callable[[], Operation[T]]) -> T:
    """Run an operation. Retry it after a TransientError or a lost connection."""
    try:
        with engine.lock(), engine.connection() as connection:
            return run_on(connection, operation())
    except (TransientError, ConnectionLost) as error:
        failure = error
    retries = Retries(engine.retry_timeout)
    while True:
        time.sleep(retries.sleep_after(failure))
        try:
            with (
                engine.lock(retries.deadline),
                engine.connection(retries.deadline, _writable(retries)) as connection,
            ):
                return run_on(connection, operation())
        except (TransientError, ConnectionLost) as error:
            failure = error


def _writable(retries: Retries, otherwise: Writable = "any") -> Writable:
    return "require" if retries.is_read_only else otherwise


def _answer(connection: Connection | AsyncConnection, question: Ask) -> Rows:
    return [(connection.dialect if question.question == "dialect" else False,)]


@contextmanager
def checked_out_block(
    engine: Engine,
    begin: Callable[[], Operation[T]],
    end: Callable[[T], Operation[Any]],
    writable: Writable,
    deadline: float | None = None,
) -> Iterator[tuple[Connection, T]]:
    """Check out a connection, and run a block on it as `block` does. What comes before the block is retried."""
    retries = Retries(engine.retry_timeout)
    while True:
        until = retries.deadline or deadline
        with (
            engine.lock(until),
            engine.connection(until, _writable(retries, writable)) as connection,
        ):
            try:
                begun = run_on(connection, begin())
            except (TransientError, ConnectionLost) as error:
                delay = retries.sleep_after(error)
            else:
                with block(connection, _begun(begun), end):
                    yield connection, begun
                return
        time.sleep(delay)


def _begun(value: T) -> Operation[T]:
    yield from ()
    return value


@contextmanager
def block(
    connection: Connection,
    begin: Operation[T],
    end: Callable[[T], Operation[Any]],
    undo: Callable[[], Operation[Any]] = lambda: statement("rollback"),
) -> Iterator[T]:
    """Run an operation before and after the block. Undo after an error, also of these two. Nothing is retried."""
    try:
        begun = run_on(connection, begin)
        yield begun
        run_on(connection, end(begun))
    except BaseException:
        with suppress(StorageError):  # a lost connection has no transaction
            run_on(connection, undo())
        raise


def run_on(connection: Connection, steps: Operation[T]) -> T:
    """Run an operation on this connection, once."""
    try:
        step = next(steps)
        while True:
            try:
                rows = _answer(connection, step) if isinstance(step, Ask) else connection.perform(step)
            except StorageError as error:
                step = steps.throw(error)
            else:
                step = steps.send(rows)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]


async def run_async(engine: AsyncEngine, operation: Callable[[], Operation[T]]) -> T:
    """Run an operation, as `run` does."""
    retries = Retries(engine.retry_timeout)
    while True:
        try:
            async with engine.connection(retries.deadline, _writable(retries)) as connection:
                return await run_on_async(connection, operation())
        except (TransientError, ConnectionLost) as error:
            await sleep_async(retries.sleep_after(error))


def sleep(seconds: float) -> None:
    """Sleep in the thread."""
    time.sleep(seconds)


async def sleep_async(seconds: float) -> None:
    """Sleep on the event loop."""
    import asyncio  # slow to import, and the sync driver does not need it

    await asyncio.sleep(seconds)


@asynccontextmanager
async def checked_out_block_async(
    engine: AsyncEngine,
    begin: Callable[[], Operation[T]],
    end: Callable[[T], Operation[Any]],
    writable: Writable,
    deadline: float | None = None,
) -> AsyncIterator[tuple[AsyncConnection, T]]:
    """Check out a connection and run a block on it, as `checked_out_block` does."""
    retries = Retries(engine.retry_timeout)
    while True:
        async with engine.connection(
            retries.deadline or deadline, _writable(retries, writable)
        ) as connection:
            try:
                begun = await run_on_async(connection, begin())
            except (TransientError, ConnectionLost) as error:
                delay = retries.sleep_after(error)
            else:
                async with block_async(connection, _begun(begun), end):
                    yield connection, begun
                return
        await sleep_async(delay)


@asynccontextmanager
async def block_async(
    connection: AsyncConnection,
    begin: Operation[T],
    end: Callable[[T], Operation[Any]],
    undo: Callable[[], Operation[Any]] = lambda: statement("rollback"),
) -> AsyncIterator[T]:
    """Run operations around the block, as `block` does."""
    try:
        begun = await run_on_async(connection, begin)
        yield begun
        await run_on_async(connection, end(begun))
    except BaseException:
        with suppress(StorageError):
            await run_on_async(connection, undo())
        raise


async def run_on_async(connection: AsyncConnection, steps: Operation[T]) -> T:
    """Run an operation on this connection, once."""
    try:
        step = next(steps)
        while True:
            try:
                rows = _answer(connection, step) if isinstance(step, Ask) else await connection.perform(step)
            except StorageError as error:
                step = steps.throw(error)
            else:
                step = steps.send(rows)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
