"""Notifications of commits by PostgreSQL's LISTEN, on a connection outside the pool."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import psycopg

from hostsdb.engines.postgres_connect import connect_once, connect_once_async
from hostsdb.errors import StorageError
from hostsdb.sql_files import load
from hostsdb.url import DatabaseUrl


class _Listener:
    def __init__(self, url: DatabaseUrl) -> None:
        self._url = url
        self._connection: psycopg.Connection[Any] | None = None

    def wait(self, seconds: float) -> bool:
        """Return True after a notification, and after connecting: earlier notifications were missed."""
        try:
            if self._connection is None:
                self._connection = connect_once(self._url)
                self._connection.execute(load("postgres", "listen").text)
                return True
            return bool(list(self._connection.notifies(timeout=seconds, stop_after=1)))
        except (psycopg.Error, StorageError):
            # The caller's next query reports a lost server. Until then the caller polls.
            self.close()
            time.sleep(seconds)
            return False

    def close(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None


@contextmanager
def listening(url: DatabaseUrl) -> Iterator[_Listener]:
    """Give a notifier that is woken by each commit of events."""
    listener = _Listener(url)
    try:
        yield listener
    finally:
        listener.close()


class _AsyncListener:
    def __init__(self, url: DatabaseUrl) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def wait(self, seconds: float) -> bool:
        """Return True after a notification, as _Listener does."""
        try:
            if self._connection is None:
                self._connection = await connect_once_async(self._url)
                await self._connection.execute(load("postgres", "listen").text)
                return True
            return bool([n async for n in self._connection.notifies(timeout=seconds, stop_after=1)])
        except (psycopg.Error, StorageError):
            await self.close()
            await asyncio.sleep(seconds)
            return False

    async def close(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                await self._connection.close()
            self._connection = None


@asynccontextmanager
async def listening_async(url: DatabaseUrl) -> AsyncIterator[_AsyncListener]:
    """Give a notifier as `listening` does."""
    listener = _AsyncListener(url)
    try:
        yield listener
    finally:
        await listener.close()
