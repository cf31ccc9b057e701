"""Notifications of commits by PostgreSQL's LISTEN, on a connection outside the pool."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

import psycopg

from hostsdb.engines.calls import Calls
from hostsdb.engines.postgres_connect import connect_once, connect_once_async
from hostsdb.errors import StorageError
from hostsdb.sql_files import load
from hostsdb.url import DatabaseUrl

_Call = Callable[..., Any]


class _Listener:
    def __init__(self, connect: _Call, notified: _Call, sleep: _Call) -> None:
        self._connect = connect
        self._notified = notified
        self._sleep = sleep
        self._connection: Any = None

    def wait(self, seconds: float) -> Calls[bool]:
        """Return True after a notification, and after connecting: earlier notifications were missed."""
        try:
            if self._connection is None:
                self._connection = yield self._connect()
                yield self._connection.execute(load("postgres", "listen").text)
                return True
            return (yield self._notified(self._connection, seconds))  # type: ignore[no-any-return]
        except (psycopg.Error, StorageError):
            # The caller's next query reports a lost server. Until then the caller polls.
            self.close()
        yield self._sleep(seconds)
        return False

    def close(self) -> None:
        if self._connection is not None:
            self._connection.pgconn.finish()
            self._connection = None


def listening(url: DatabaseUrl) -> closing[_Listener]:
    """Give a notifier that is woken by each commit of events."""
    return closing(_Listener(partial(connect_once, url), _notified, time.sleep))


def listening_async(url: DatabaseUrl) -> closing[_Listener]:
    """Give a notifier as `listening` does."""
    return closing(_Listener(partial(connect_once_async, url), _notified_async, asyncio.sleep))


def _notified(connection: psycopg.Connection[Any], seconds: float) -> bool:
    return bool(list(connection.notifies(timeout=seconds, stop_after=1)))


async def _notified_async(connection: psycopg.AsyncConnection[Any], seconds: float) -> bool:
    return bool([n async for n in connection.notifies(timeout=seconds, stop_after=1)])
