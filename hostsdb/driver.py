"""The two drivers that run an operation: one for threads, one for asyncio."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from math import inf
from typing import Any, Protocol, TypeVar

from hostsdb.engines.losses import ConnectionLost
from hostsdb.engines.refusals import Repeatable
from hostsdb.errors import StorageError
from hostsdb.operations.steps import Load, Operation, Rows, Statement

T = TypeVar("T")

# A deadlock or a serialisation failure goes away when one of the two steps back. What touches many hosts, as restoring
# a snapshot does, may lose to busy writers many times: so many tries at least, and for so many seconds.
_TRIES = 10
_SECONDS = 30
_LONGEST_PAUSE = 0.2


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
        patience: for how long an operation is repeated whose connection broke, in seconds.
    """

    patience: float

    def connection(self, give_up: float | None = None) -> AbstractContextManager[Connection]:
        """Lend a connection.

        Arguments:
            give_up: the moment of time.monotonic() until which a server is waited for; None: as long as is usual.
        """


class AsyncEngine(Protocol):
    """The same, awaited."""

    patience: float

    def connection(self, give_up: float | None = None) -> AbstractAsyncContextManager[AsyncConnection]:
        """Lend a connection, as Engine does."""


def run(engine: Engine, operation: Callable[[], Operation[T]]) -> T:
    """Run an operation on a connection of an engine, again where the engine asks for it or the connection broke."""
    retries = _Retries(engine.patience)
    while True:
        try:
            with engine.connection(retries.give_up) as connection:
                return run_on(connection, operation())
        except (Repeatable, ConnectionLost) as error:
            time.sleep(retries.pause_after(error))


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

    retries = _Retries(engine.patience)
    while True:
        try:
            async with engine.connection(retries.give_up) as connection:
                return await run_on_async(connection, operation())
        except (Repeatable, ConnectionLost) as error:
            await asyncio.sleep(retries.pause_after(error))


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


class _Retries:
    """How long to wait before the next try, longer each time, and when to give up."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._refused = 0
        self._refused_at = inf
        self.give_up: float | None = None

    def pause_after(self, error: StorageError) -> float:
        """Return the seconds to wait; raise the error where it is time to give up."""
        if isinstance(error, ConnectionLost):
            # The next connection is waited for where it is lent.
            self.give_up = error.since + self._patience if self.give_up is None else self.give_up
            if time.monotonic() >= self.give_up:
                raise error
            return random.uniform(0, 0.1)
        self.give_up = None  # there is a server again
        self._refused += 1
        self._refused_at = min(self._refused_at, time.monotonic())
        if self._refused >= _TRIES and time.monotonic() >= self._refused_at + _SECONDS:
            raise error
        return random.uniform(0, min(_LONGEST_PAUSE, 0.005 * 2**self._refused))
