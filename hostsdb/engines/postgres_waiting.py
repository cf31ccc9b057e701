"""Waiting for a PostgreSQL server: the first connection of a storage, and those that migrate."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from hostsdb.engines.calls import Calls, finish, finish_async
from hostsdb.engines.postgres_connect import accepts_writes, connect_once, connect_once_async
from hostsdb.engines.postgres_errors import READ_ONLY, not_in_time, storage_error
from hostsdb.engines.postgres_refusals import refusal
from hostsdb.engines.postgres_watchdog import AsyncWatchdogConnection, WatchdogConnection
from hostsdb.errors import ConnectionFailed, StorageError
from hostsdb.operations.retry import Backoff
from hostsdb.reports import warn
from hostsdb.url import DatabaseUrl

_Call = Callable[..., Any]

# A wait for a server that is longer is reported, in seconds.
_REPORT_AFTER = 1.0


def connect_in_time(url: DatabaseUrl, *, writes: bool = False) -> WatchdogConnection:
    """Return a new connection outside the pool, in autocommit mode. Wait for a server for `acquire_timeout`.

    Arguments:
        url: the URL.
        writes: wait for a server that accepts writes.
    Raises:
        ConnectionFailed: no server accepted a connection in time; or one refuses this client, which is raised at once.
        InvalidConnectionString: libpq does not understand the URL.
    """
    connection: WatchdogConnection = finish(_in_time(url, connect_once, time.sleep, refusal, writes))
    return connection


async def connect_in_time_async(url: DatabaseUrl) -> AsyncWatchdogConnection:
    """Return a new connection, as connect_in_time does."""
    import asyncio  # slow to import, and threads do not need it

    def find_refusal(parameters: dict[str, Any]) -> Any:
        return asyncio.to_thread(refusal, parameters)

    connection: AsyncWatchdogConnection = await finish_async(
        _in_time(url, connect_once_async, asyncio.sleep, find_refusal, False)
    )
    return connection


def _in_time(url: DatabaseUrl, connect: _Call, sleep: _Call, find_refusal: _Call, writes: bool) -> Calls[Any]:
    report_at, delays = monotonic() + _REPORT_AFTER, Backoff(url.pool.acquire_timeout)
    while True:
        connection = yield from _attempt(url, connect, find_refusal, writes)
        if not isinstance(connection, StorageError):
            return connection
        if (delay := delays.next_delay()) is None:
            reason = str(connection).removeprefix("PostgreSQL: ")
            raise ConnectionFailed(not_in_time(url, reason)) from connection.__cause__
        if monotonic() > report_at:
            report_at = inf  # once
            warn(f"waiting for the database: {connection}")
        yield sleep(delay)


def _attempt(url: DatabaseUrl, connect: _Call, find_refusal: _Call, writes: bool) -> Calls[Any]:
    """Return a connection, or why there is none yet."""
    try:
        connection = yield connect(url)
        if not writes or (yield from accepts_writes(connection)):
            return connection
    except psycopg.Error as error:  # the query found a lost connection
        return storage_error(error, url)
    except ConnectionFailed as error:
        if not isinstance(error.__cause__, psycopg.OperationalError):
            raise  # the encoding
        refused = yield find_refusal(conninfo_to_dict(url.conninfo))
        if refused is not None:
            raise storage_error(refused, url) from refused
        return error
    yield connection.close()
    return ConnectionFailed(READ_ONLY)
