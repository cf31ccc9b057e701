"""The two call styles behind one face: a test calls a storage's methods and gets results, and knows no more."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, cast

import hostsdb
from hostsdb import AsyncStorage, Batch, Storage

Open = Callable[..., AbstractContextManager[Storage]]


@contextmanager
def sync_calls() -> Iterator[Open]:
    """Open a Storage."""

    @contextmanager
    def opened(url: str, **options: Any) -> Iterator[Storage]:
        with hostsdb.connect(url, **options) as storage:
            yield storage

    yield opened


@contextmanager
def async_calls() -> Iterator[Open]:
    """Open an AsyncStorage, whose methods run in one event loop of the test's."""
    with asyncio.Runner() as runner:

        @contextmanager
        def opened(url: str, **options: Any) -> Iterator[Storage]:
            storage = runner.run(hostsdb.connect_async(url, **options))
            try:
                yield cast(Storage, _Awaiting(runner, storage))
            finally:
                runner.run(storage.close())

        yield opened


class _Awaiting:
    """An AsyncStorage, or an async driver's connection, that is called like its synchronous sister."""

    def __init__(self, runner: asyncio.Runner, awaited: AsyncStorage | Any) -> None:
        self._runner = runner
        self._of = awaited

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._of, name)
        if not callable(attribute):
            return attribute
        return lambda *args, **kwargs: self._awaited(attribute(*args, **kwargs))

    def _awaited(self, answer: Any) -> Any:
        if inspect.isasyncgen(answer):
            return self._iterated(answer)
        if hasattr(answer, "__aenter__"):
            return self._entered(answer)
        return self._runner.run(answer) if inspect.iscoroutine(answer) else answer

    def _iterated(self, items: Any) -> Iterator[Any]:
        try:
            while (item := self._runner.run(_next(items))) is not _END:
                yield item
        finally:
            self._runner.run(items.aclose())

    def _called(self, given: Any) -> Any:
        if isinstance(given, Batch):
            return replace(given, connection=_Awaiting(self._runner, given.connection))
        return _Awaiting(self._runner, given)

    @contextmanager
    def _entered(self, block: AbstractAsyncContextManager[Any]) -> Iterator[Any]:
        given = self._runner.run(block.__aenter__())
        try:
            yield self._called(given)
        except BaseException as error:
            if not self._runner.run(block.__aexit__(type(error), error, error.__traceback__)):
                raise
        else:
            self._runner.run(block.__aexit__(None, None, None))


def in_new_loop(storage: Storage) -> Storage:
    """Return a storage whose calls, if it is an AsyncStorage, run in an event loop of this process."""
    if not isinstance(storage, _Awaiting):
        return storage
    return cast(Storage, _Awaiting(asyncio.Runner(), storage._of))


_END = object()


async def _next(items: AsyncGenerator[Any]) -> Any:
    return await anext(items, _END)


STYLES = {"sync": sync_calls, "async": async_calls}
