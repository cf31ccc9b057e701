"""PostgreSQL by psycopg 3: a pool of connections, for threads or for asyncio."""

from __future__ import annotations

from contextlib import suppress
from math import inf
from time import monotonic
from typing import Any

import psycopg
from psycopg import pq
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from hostsdb.engines.postgres_errors import DRIVER_ERRORS, explained
from hostsdb.engines.postgres_lending import LentAsyncConnection, LentConnection
from hostsdb.engines.silence import WatchedAsyncConnection, WatchedConnection
from hostsdb.url import DatabaseUrl, Dialect


def connect_once(url: DatabaseUrl) -> WatchedConnection:
    """Return a connection of its own, outside the pool, in autocommit mode.

    Raises:
        ConnectionFailed, InvalidConnectionString: with libpq's reason.
    """
    try:
        return WatchedConnection.connect(url.conninfo, **_options(url))
    except psycopg.Error as error:
        raise explained(error, url) from error


async def connect_once_async(url: DatabaseUrl) -> WatchedAsyncConnection:
    """Return a connection of its own, as connect_once does."""
    try:
        return await WatchedAsyncConnection.connect(url.conninfo, **_options(url))
    except psycopg.Error as error:
        raise explained(error, url) from error


def _options(url: DatabaseUrl) -> dict[str, Any]:
    options: dict[str, Any] = {"autocommit": True, "prepare_threshold": url.pool.prepare_threshold}
    # A quarter of the time to become suspicious, one to be sure, and half of it to find another server.
    options["silence"] = max(1, url.pool.acquire_timeout / 4)
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


def _pool_options(url: DatabaseUrl) -> dict[str, Any]:
    return {
        "conninfo": url.conninfo,
        "kwargs": _options(url),
        "min_size": url.pool.min_connections,
        "max_size": url.pool.max_connections,
        "timeout": url.pool.acquire_timeout,
        "max_idle": url.pool.idle_timeout,
        "open": False,
        "name": "hostsdb",
        # Else the pool would look for the server after 1, 2, 4, ... 128 seconds, whoever waits meanwhile.
        "reconnect_timeout": 3,
    }


# psycopg brings each moment into the session's zone, and we would bring it back: a fifth of what list_all takes.
# Not prepared: a pooler that loses the statement would have the pool connect again and again, 3 seconds apart.
def _configure(connection: WatchedConnection) -> None:
    connection.execute("SET TimeZone = 'UTC'", prepare=False)


async def _configure_async(connection: WatchedAsyncConnection) -> None:
    await connection.execute("SET TimeZone = 'UTC'", prepare=False)


def _is_alive(connection: WatchedConnection | WatchedAsyncConnection, silent_at: float) -> bool:
    """Find out without a round trip: the farewell of a server that closed the connection has arrived already.

    Whatever was made before `silent_at`, when the server had stopped, is not to be trusted.

    The pool's own `check` waits a second after the first dead connection, two after the next, and so on, and does not
    come to an end where a restart of the server has killed them all.
    """
    pgconn = connection.pgconn
    with suppress(psycopg.OperationalError):
        for _ in range(2):  # the message, then the end of the stream
            pgconn.consume_input()
        usable = pgconn.status == pq.ConnStatus.OK and not pgconn.is_busy()
        if usable and connection.watch.made_at > silent_at:
            return True
    pgconn.finish()
    return False


class PostgresEngine:
    """A pool for threads."""

    dialect: Dialect = "postgres"

    def __init__(self, url: DatabaseUrl) -> None:
        self.url = url
        self.patience = url.pool.acquire_timeout
        self.silent_at = -inf
        self._pool = ConnectionPool(
            connection_class=WatchedConnection,
            **_pool_options(url),
            configure=_configure,
            reconnect_failed=ConnectionPool.check,
        )
        self._pool.open()

    def connection(self, give_up: float | None = None) -> LentConnection:
        """Lend a connection of the pool; the pool rolls back what it left unfinished."""
        return LentConnection(self, give_up)

    def take(self, give_up: float | None = None) -> WatchedConnection:
        """Return a connection of the pool that is alive.

        Arguments:
            give_up: until when it is waited for; None: for `acquire_timeout`.
        Raises:
            ConnectionFailed: there was none in that time.
        """
        give_up = monotonic() + self.patience if give_up is None else give_up
        try:
            while True:
                lent = self._pool.getconn(max(0, give_up - monotonic()))
                if _is_alive(lent, self.silent_at):
                    return lent
                self.give_back(lent)
        except DRIVER_ERRORS as error:
            raise explained(error, self.url) from error

    def give_back(self, lent: WatchedConnection) -> None:
        """Return a connection to the pool, which makes a new one instead of a broken one."""
        self._pool.putconn(lent)

    def close(self) -> None:
        """Close the pool and its connections."""
        self._pool.close()


class AsyncPostgresEngine:
    """A pool for asyncio: no threads."""

    dialect: Dialect = "postgres"

    def __init__(self, url: DatabaseUrl) -> None:
        self.url = url
        self.patience = url.pool.acquire_timeout
        self.silent_at = -inf
        self._pool = AsyncConnectionPool(
            connection_class=WatchedAsyncConnection,
            **_pool_options(url),
            configure=_configure_async,
            reconnect_failed=AsyncConnectionPool.check,
        )

    async def open(self) -> None:
        """Start the pool, in the running loop."""
        await self._pool.open()

    def connection(self, give_up: float | None = None) -> LentAsyncConnection:
        """Lend a connection of the pool, as PostgresEngine does."""
        return LentAsyncConnection(self, give_up)

    async def take(self, give_up: float | None = None) -> WatchedAsyncConnection:
        """Return a connection of the pool that is alive, as PostgresEngine does."""
        give_up = monotonic() + self.patience if give_up is None else give_up
        try:
            while True:
                lent = await self._pool.getconn(max(0, give_up - monotonic()))
                if _is_alive(lent, self.silent_at):
                    return lent
                await self.give_back(lent)
        except DRIVER_ERRORS as error:
            raise explained(error, self.url) from error

    async def give_back(self, lent: WatchedAsyncConnection) -> None:
        """Return a connection to the pool."""
        await self._pool.putconn(lent)

    async def close(self) -> None:
        """Close the pool and its connections."""
        await self._pool.close()
