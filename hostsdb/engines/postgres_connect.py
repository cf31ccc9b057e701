"""Connecting to PostgreSQL: a connection outside the pool, and the options of every connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg

from hostsdb.engines.calls import Calls, finish, finish_async
from hostsdb.engines.postgres_errors import storage_error
from hostsdb.engines.postgres_servers import Servers
from hostsdb.engines.postgres_watchdog import AsyncWatchdogConnection, WatchdogConnection
from hostsdb.errors import ConnectionFailed
from hostsdb.sql_files import load
from hostsdb.url import DatabaseUrl

# How long to wait for one of several attempts to connect, at most, in seconds.
_LONGEST_ATTEMPT = 10


def connect_once(url: DatabaseUrl) -> WatchdogConnection:
    """Return a new connection outside the pool, in autocommit mode.

    Raises:
        ConnectionFailed, InvalidConnectionString: with libpq's reason.
    """
    connection: WatchdogConnection = finish(_once(url, WatchdogConnection.connect))
    return connection


async def connect_once_async(url: DatabaseUrl) -> AsyncWatchdogConnection:
    """Return a new connection, as connect_once does."""
    connection: AsyncWatchdogConnection = await finish_async(_once(url, AsyncWatchdogConnection.connect))
    return connection


def _once(url: DatabaseUrl, connect: Callable[..., Any]) -> Calls[Any]:
    try:
        connection = yield connect(url.conninfo, **connection_options(url))
        try:
            _check_encoding(connection)
            yield configure(url, connection)
        except BaseException:
            yield connection.close()
            raise
    except psycopg.Error as error:
        raise storage_error(error, url) from error
    return connection


def accepts_writes(connection: Any) -> Calls[bool]:
    """Return whether a server accepts writes, by a query."""
    cursor = yield connection.execute(load("postgres", "is_read_only").text, prepare=False)
    (is_read_only,) = yield cursor.fetchone()
    return not is_read_only


def configure(url: DatabaseUrl, connection: WatchdogConnection | AsyncWatchdogConnection) -> Any:
    """Set what the library relies on for the session.

    Psycopg converts each timestamp to the session's time zone. Converting it back took a fifth of list_all's time.
    """
    sql = load("postgres", "session_settings").text
    # Not prepared: if a pooler lost the prepared statement, the pool would reconnect again and again, 3 seconds apart.
    return connection.execute(sql, {"is_pooled": url.pool.prepare_threshold is None}, prepare=False)


def _check_encoding(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding not in ("UTF8", None):
        raise ConnectionFailed(
            f"the database {connection.info.dbname} has the encoding {encoding}, and hostsdb needs UTF8; create a "
            "database with ENCODING 'UTF8' TEMPLATE template0"
        )


def connection_options(url: DatabaseUrl) -> dict[str, Any]:
    """Return the keyword arguments of every connection. The timeouts are shares of `acquire_timeout`."""
    timeout = url.pool.acquire_timeout
    # A probe does not notice that a firewall has dropped the old connection. TCP keepalives do.
    second = max(1, round(timeout / 6))
    # connect_timeout is for each host. One that does not answer must leave time for another attempt: the next host of
    # the URL, or the server to which a proxy or a name leads by then.
    libpq = {
        "client_encoding": "UTF8",
        "fallback_application_name": "hostsdb",
        "keepalives_idle": 2 * second,
        "keepalives_interval": second,
        "keepalives_count": 3,
        "connect_timeout": max(2, min(_LONGEST_ATTEMPT, round(timeout / 3))),
    }
    return {
        # A quarter until the first probe, a quarter for the probe. Half is left to find another server.
        "probe_after": max(1, timeout / 4),
        "servers": Servers(),
        "options": {"autocommit": True, "prepare_threshold": url.pool.prepare_threshold},
    } | {
        name: value
        for name, value in libpq.items()
        if name == "client_encoding" or f"{name}=" not in url.conninfo
    }
