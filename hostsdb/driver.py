"""The two drivers that run an operation: one for threads, one for asyncio."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Protocol, TypeVar

from hostsdb.engines.refusals import Repeatable
from hostsdb.errors import StorageError
from hostsdb.operations.steps import Load, Operation, Rows, Statement

T = TypeVar("T")

# A deadlock or a serialisation failure goes away when one of the two steps back; ten tries take a few seconds.
_TRIES = 10


class Connection(Protocol):
    """A connection that runs what operations yield, and raises only errors of hostsdb."""

    def perform(self, step: Statement | Load) -> Rows:
        """Run a step and return its rows."""


class AsyncConnection(Protocol):
    """The same, awaited."""

    async def perform(self, step: Statement | Load) -> Rows:
        """Run a step and return its rows."""


class Engine(Protocol):
    """What lends connections. One that comes back in the middle of a transaction is rolled back."""

    def connection(self) -> AbstractContextManager[Connection]:
        """Lend a connection."""


class AsyncEngine(Protocol):
    """The same, awaited."""

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Lend a connection."""


def run(engine: Engine, operation: Callable[[], Operation[T]]) -> T:
    """Run an operation on a connection of an engine, again where the engine asks for it."""
    for pause in _pauses():
        try:
            with engine.connection() as connection:
                return _run_once(connection, operation())
        except Repeatable:
            if pause is None:
                raise
            time.sleep(pause)
    raise AssertionError("the last pause is None")


def _run_once(connection: Connection, steps: Operation[T]) -> T:
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
    """Run an operation on a connection of an engine, again where the engine asks for it."""
    for pause in _pauses():
        try:
            async with engine.connection() as connection:
                return await _run_once_async(connection, operation())
        except Repeatable:
            if pause is None:
                raise
            await asyncio.sleep(pause)
    raise AssertionError("the last pause is None")


async def _run_once_async(connection: AsyncConnection, steps: Operation[T]) -> T:
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


def _pauses() -> Iterator[float | None]:
    for attempt in range(_TRIES - 1):
        yield random.uniform(0, 0.01 * 2**attempt)
    yield None
