"""Connecting to PostgreSQL: a connection outside the pool, and the options of every connection."""

from __future__ import annotations

from typing import Any

import psycopg

from hostsdb.engines.postgres_errors import storage_error
from hostsdb.engines.postgres_watchdog import AsyncWatchdogConnection, WatchdogConnection
from hostsdb.errors import ConnectionFailed
from hostsdb.sql_files import load
from hostsdb.url import DatabaseUrl


def connect_once(url: DatabaseUrl) -> WatchdogConnection:
    """Return a new connection outside the pool, in autocommit mode.

    Raises:
        ConnectionFailed, InvalidConnectionString: with libpq's reason.
    """
    try:
        connection = WatchdogConnection.connect(url.conninfo, **connection_options(url))
        try:
            _check_encoding(connection)
            configure(url, connection)
        except BaseException:
            connection.close()
            raise
    except psycopg.Error as error:
        raise storage_error(error, url) from error
    return connection


async def connect_once_async(url: DatabaseUrl) -> AsyncWatchdogConnection:
    """Return a new connection, as connect_once does."""
    try:
        connection = await AsyncWatchdogConnection.connect(url.conninfo, **connection_options(url))
        try:
            _check_encoding(connection)
            await configure(url, connection)
        except BaseException:
            await connection.close()
            raise
    except psycopg.Error as error:
        raise storage_error(error, url) from error
    return connection


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
    # A quarter until the first probe, a quarter for the probe. Half is left to find another server.
    options = {
        "autocommit": True,
        "client_encoding": "UTF8",
        "prepare_threshold": url.pool.prepare_threshold,
        "probe_after": max(1, timeout / 4),
    }
    # A probe does not notice that a firewall has dropped the old connection. TCP keepalives do.
    second = max(1, round(timeout / 6))
    # connect_timeout is per host. One that does not answer must leave time for the next.
    libpq = {
        "fallback_application_name": "hostsdb",
        "keepalives_idle": 2 * second,
        "keepalives_interval": second,
        "keepalives_count": 3,
        "connect_timeout": max(2, round(timeout / (3 if url.has_many_hosts else 1))),
    }
    return options | {name: value for name, value in libpq.items() if f"{name}=" not in url.conninfo}
