"""Connecting to PostgreSQL: one connection outside the pool, and the options that every connection has."""

from __future__ import annotations

from typing import Any

import psycopg

from hostsdb.engines.postgres_errors import storage_error
from hostsdb.engines.postgres_watchdog import AsyncWatchdogConnection, WatchdogConnection
from hostsdb.url import DatabaseUrl


def connect_once(url: DatabaseUrl) -> WatchdogConnection:
    """Return a connection of its own, outside the pool, in autocommit mode.

    Raises:
        ConnectionFailed, InvalidConnectionString: with libpq's reason.
    """
    try:
        return WatchdogConnection.connect(url.conninfo, **connection_options(url))
    except psycopg.Error as error:
        raise storage_error(error, url) from error


async def connect_once_async(url: DatabaseUrl) -> AsyncWatchdogConnection:
    """Return a connection of its own, as connect_once does."""
    try:
        return await AsyncWatchdogConnection.connect(url.conninfo, **connection_options(url))
    except psycopg.Error as error:
        raise storage_error(error, url) from error


def connection_options(url: DatabaseUrl) -> dict[str, Any]:
    """Return the keyword arguments with which every connection is made."""
    options: dict[str, Any] = {"autocommit": True, "prepare_threshold": url.pool.prepare_threshold}
    # A quarter of the time to become suspicious, one to be sure, and half of it to find another server.
    options["probe_after"] = max(1, url.pool.acquire_timeout / 4)
    # For what a new connection cannot tell: something between us and the server has forgotten the old one.
    second = max(1, round(url.pool.acquire_timeout / 6))
    keepalive = {"idle": 2 * second, "interval": second, "count": 3}
    for name, value in keepalive.items():
        if f"keepalives_{name}=" not in url.conninfo:
            options[f"keepalives_{name}"] = value
    if "connect_timeout=" not in url.conninfo:
        # Of each host: one that does not answer must leave time for the next.
        share = 3 if url.has_many_hosts else 1
        options["connect_timeout"] = max(2, round(url.pool.acquire_timeout / share))
    return options
