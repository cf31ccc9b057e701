"""Connecting to PostgreSQL: a connection outside the pool, and the options of every connection."""

from __future__ import annotations

from typing import Any

import psycopg

from hostsdb.engines.postgres_errors import storage_error
from hostsdb.engines.postgres_watchdog import AsyncWatchdogConnection, WatchdogConnection
from hostsdb.url import DatabaseUrl


def connect_once(url: DatabaseUrl) -> WatchdogConnection:
    """Return a new connection outside the pool, in autocommit mode.

    Raises:
        ConnectionFailed, InvalidConnectionString: with libpq's reason.
    """
    try:
        return WatchdogConnection.connect(url.conninfo, **connection_options(url))
    except psycopg.Error as error:
        raise storage_error(error, url) from error


async def connect_once_async(url: DatabaseUrl) -> AsyncWatchdogConnection:
    """Return a new connection, as connect_once does."""
    try:
        return await AsyncWatchdogConnection.connect(url.conninfo, **connection_options(url))
    except psycopg.Error as error:
        raise storage_error(error, url) from error


def connection_options(url: DatabaseUrl) -> dict[str, Any]:
    """Return the keyword arguments of every connection. The timeouts are shares of `acquire_timeout`."""
    timeout = url.pool.acquire_timeout
    # A quarter until the first probe, a quarter for the probe. Half is left to find another server.
    options = {
        "autocommit": True,
        "prepare_threshold": url.pool.prepare_threshold,
        "probe_after": max(1, timeout / 4),
    }
    # A probe does not notice that a firewall has dropped the old connection. TCP keepalives do.
    second = max(1, round(timeout / 6))
    # connect_timeout is per host. One that does not answer must leave time for the next.
    libpq = {
        "keepalives_idle": 2 * second,
        "keepalives_interval": second,
        "keepalives_count": 3,
        "connect_timeout": max(2, round(timeout / (3 if url.has_many_hosts else 1))),
    }
    return options | {name: value for name, value in libpq.items() if f"{name}=" not in url.conninfo}
