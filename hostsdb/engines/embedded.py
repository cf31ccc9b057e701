"""What the embedded engines share: one connection, lent to one operation at a time; and its asyncio side."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Protocol, TypeVar

from hostsdb.errors import ConnectionFailed
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.url import Dialect

T = TypeVar("T")


class EmbeddedConnection(Protocol):
    """What an embedded engine's connection can do."""

    raw: Any
    dialect: Dialect

    def perform(self, step: Statement | Load) -> Rows:
        """Run a step and return its rows."""

    def reset(self) -> None:
        """Roll back what was left unfinished."""

    def interrupt(self) -> None:
        """End the statement that runs, from another thread."""

    def close(self) -> None:
        """Close the file."""


class EmbeddedEngine:
    """One connection for all threads: these engines have one writer at a time anyway."""

    def __init__(self, connection: EmbeddedConnection) -> None:
        self._connection = connection
        self._closed = False
        self._lock = threading.Lock()
        self.dialect = connection.dialect

    @contextmanager
    def connection(self) -> Iterator[EmbeddedConnection]:
        """Lend the connection; an unfinished transaction is rolled back when it returns."""
        with self._lock:
            if self._closed:
                raise ConnectionFailed("this storage is closed; connect again")
            try:
                yield self._connection
            finally:
                self._connection.reset()

    def close(self) -> None:
        """Close the connection, once nobody uses it."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._connection.close()


class AsyncEmbeddedEngine:
    """The same engine for asyncio: its calls run in one worker thread, its operations one after another."""

    def __init__(self, engine: EmbeddedEngine, worker: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._worker = worker
        self._closed = False
        self._lock = asyncio.Lock()
        self.dialect = engine.dialect

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[_AsyncConnection]:
        """Lend the connection, as EmbeddedEngine does."""
        async with self._lock:
            if self._closed:
                raise ConnectionFailed("this storage is closed; connect again")
            # In the worker, where a wait for another thread (one that migrates) does not stop the event loop.
            lent = self._engine.connection()
            try:
                connection = await in_worker(self._worker, lent.__enter__)
                yield _AsyncConnection(connection, self._worker)
            finally:
                await in_worker(self._worker, lent.__exit__, None, None, None)

    async def close(self) -> None:
        """Close the connection and end the thread."""
        async with self._lock:
            if not self._closed:
                self._closed = True
                await in_worker(self._worker, self._engine.close)
                self._worker.shutdown()


class _AsyncConnection:
    def __init__(self, connection: EmbeddedConnection, worker: ThreadPoolExecutor) -> None:
        self._connection = connection
        self._worker = worker

    async def perform(self, step: Statement | Load) -> Rows:
        return await in_worker(self._worker, self._connection.perform, step, stop=self._connection.interrupt)


async def in_worker(
    worker: ThreadPoolExecutor,
    call: Callable[..., T],
    *arguments: Any,
    stop: Callable[[], None] | None = None,
) -> T:
    """Run a call in the worker thread. A cancelled task waits until the call has ended, which `stop` hastens."""
    future = asyncio.get_running_loop().run_in_executor(worker, call, *arguments)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        # Whoever has the connection next must not meet a call that still runs, however often this task is cancelled.
        while not future.done():
            if stop is not None:
                stop()  # again and again: the statement may not have begun yet
            with suppress(asyncio.CancelledError):
                await asyncio.wait([future], timeout=0.05)
        if not future.cancelled():
            future.exception()
        raise
