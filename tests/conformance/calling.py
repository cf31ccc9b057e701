"""The two call styles behind one face: a test calls a storage's methods and gets results, and knows no more."""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, cast

import hostsdb
from hostsdb import AsyncStorage, Storage

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
    """An AsyncStorage that is called like a Storage."""

    def __init__(self, runner: asyncio.Runner, storage: AsyncStorage) -> None:
        self._runner = runner
        self._storage = storage

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._storage, name)
        if not inspect.iscoroutinefunction(attribute):
            return attribute
        return lambda *args, **kwargs: self._runner.run(attribute(*args, **kwargs))


STYLES = {"sync": sync_calls, "async": async_calls}
