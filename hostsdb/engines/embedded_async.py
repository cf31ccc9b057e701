"""The asyncio side of the embedded engines: their calls run in one worker thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, suppress
from time import monotonic
from typing import Any, TypeVar

from hostsdb.engines.embedded import BUSY, CHECKED_OUT, EmbeddedConnection, EmbeddedEngine
from hostsdb.engines.writable import Writable
from hostsdb.errors import QueryFailed
from hostsdb.model import PoolStats
from hostsdb.operations.retry import LOCK_TIMEOUT
from hostsdb.operations.steps import Load, Rows, Statement

T = TypeVar("T")


async def open_in_worker(
    connect: Callable[[], EmbeddedConnection],
) -> tuple[EmbeddedEngine, AsyncEmbeddedEngine]:
    """Open a database in a new worker thread. Return its engine for threads and its engine for asyncio."""
    worker = ThreadPoolExecutor(1, thread_name_prefix="hostsdb")
    try:
        engine = EmbeddedEngine(await in_worker(worker, connect))
    except BaseException:
        worker.shutdown(wait=False)
        raise
    return engine, AsyncEmbeddedEngine(engine, worker)


class AsyncEmbeddedEngine:
    """The engine for asyncio. Its calls run in one worker thread, one operation at a time."""

    retry_timeout: float = LOCK_TIMEOUT

    def __init__(self, engine: EmbeddedEngine, worker: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._worker = worker
        self._lock = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None

    @asynccontextmanager
    async def connection(
        self, deadline: float | None = None, writable: Writable = "any"
    ) -> AsyncIterator[_AsyncConnection]:
        """Give the connection, as EmbeddedEngine does."""
        self._engine.check_open()
        if self._holder is asyncio.current_task():
            raise QueryFailed(CHECKED_OUT)
        try:
            async with asyncio.timeout(None if deadline is None else max(0, deadline - monotonic())):
                await self._lock.acquire()
        except TimeoutError:
            raise QueryFailed(BUSY) from None
        try:
            self._engine.check_open()
            self._holder = asyncio.current_task()
            # In the worker: waiting for another thread, which may migrate, must not block the event loop.
            checkout = ExitStack()
            try:
                connection = await in_worker(self._worker, self._check_out, checkout)
                yield _AsyncConnection(connection, self._worker)
            finally:
                self._holder = None
                if not self._engine.is_inherited:  # the worker is a thread of the parent
                    await in_worker(self._worker, checkout.close)
        finally:
            self._lock.release()

    def _check_out(self, checkout: ExitStack) -> EmbeddedConnection:
        checkout.enter_context(self._engine.lock())
        return checkout.enter_context(self._engine.connection())

    def pool_stats(self) -> PoolStats:
        """Return the numbers of connections, as EmbeddedEngine does."""
        return self._engine.pool_stats()

    async def close(self) -> None:
        """Close the connection and end the thread. Do nothing in a forked child."""
        if self._engine.is_inherited:
            return
        async with self._lock:
            if not self._engine.closed:
                await in_worker(self._worker, self._engine.close)
                self._worker.shutdown()


class _AsyncConnection:
    def __init__(self, connection: EmbeddedConnection, worker: ThreadPoolExecutor) -> None:
        self._connection = connection
        self._worker = worker
        self.dialect = connection.dialect

    @property
    def raw(self) -> Any:
        return self._connection.raw

    async def perform(self, step: Statement | Load) -> Rows:
        if self._connection.leaves_out(step):  # asked here: the worker is a thread of the parent
            return []
        return await in_worker(self._worker, self._connection.perform, step, stop=self._connection.interrupt)


async def in_worker(
    worker: ThreadPoolExecutor,
    call: Callable[..., T],
    *arguments: Any,
    stop: Callable[[], None] | None = None,
) -> T:
    """Run a call in the worker thread. A cancelled task calls `stop` and waits until the call has ended."""
    future = asyncio.get_running_loop().run_in_executor(worker, call, *arguments)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        # The next user of the connection must not find a running call, even if this task is cancelled again.
        while not future.done():
            if stop is not None:
                stop()  # repeatedly: the statement may not have begun yet
            with suppress(asyncio.CancelledError):
                await asyncio.wait([future], timeout=0.05)
        if not future.cancelled():
            future.exception()
        raise
