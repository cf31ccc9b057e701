"""PostgreSQL with psycopg 3: a connection pool, for threads or for asyncio."""

from __future__ import annotations

from contextlib import suppress
from math import inf
from time import monotonic
from typing import Any, Self

import psycopg
from psycopg import pq
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from hostsdb.engine_errors import CommitUnknown, ConnectionLost
from hostsdb.engines.postgres_connect import connection_options
from hostsdb.engines.postgres_errors import DRIVER_ERRORS, storage_error
from hostsdb.engines.postgres_watchdog import AsyncWatchdogConnection, WatchdogConnection
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.sql_files import Sql, load
from hostsdb.url import DatabaseUrl, Dialect

_AnyConnection = WatchdogConnection | AsyncWatchdogConnection


def _pool_options(url: DatabaseUrl) -> dict[str, Any]:
    return {
        "conninfo": url.conninfo,
        "kwargs": connection_options(url),
        "min_size": url.pool.min_connections,
        "max_size": url.pool.max_connections,
        "timeout": url.pool.acquire_timeout,
        "max_idle": url.pool.idle_timeout,
        "open": False,
        "name": "hostsdb",
        # By default the pool waits 1, 2, 4, ... 128 seconds between two attempts, even while callers wait.
        "reconnect_timeout": 3,
    }


# psycopg converts each timestamp to the session's time zone. Converting it back took a fifth of list_all's time.
# Not prepared: if a pooler lost the prepared statement, the pool would reconnect again and again, 3 seconds apart.
_SET_TIME_ZONE = "SET TimeZone = 'UTC'"


def _configure(connection: WatchdogConnection) -> None:
    connection.execute(_SET_TIME_ZONE, prepare=False)


async def _configure_async(connection: AsyncWatchdogConnection) -> None:
    await connection.execute(_SET_TIME_ZONE, prepare=False)


class _Engine:
    """What the two engines share.

    Attributes:
        url: the server and the pool's settings.
        retry_timeout: how long an operation is retried after a lost connection, in seconds.
    """

    dialect: Dialect = "postgres"

    def __init__(self, url: DatabaseUrl) -> None:
        self.url = url
        self.retry_timeout = url.pool.acquire_timeout
        # The last time at which a server did not answer a liveness probe, by time.monotonic().
        self._unresponsive_at = -inf

    def deadline(self) -> float:
        """Return the time until which a new operation waits for a connection."""
        return monotonic() + self.retry_timeout

    def is_alive(self, connection: _AnyConnection) -> bool:
        """Check a connection without a round trip: the close message of the server has arrived already.

        A connection that is older than the server's last failed liveness probe is not used again.

        The pool's own `check` waits after each dead connection, one second, then two, and so on. It does not end when
        a restart of the server has closed all connections.
        """
        pgconn = connection.pgconn
        with suppress(psycopg.OperationalError):
            for _ in range(2):  # the message, then the end of the stream
                pgconn.consume_input()
            usable = pgconn.status == pq.ConnStatus.OK and not pgconn.is_busy()
            if usable and connection.watchdog.connected_at > self._unresponsive_at:
                return True
        pgconn.finish()
        return False

    def is_lost(self, connection: _AnyConnection, error: psycopg.Error) -> bool:
        """Return whether the server is gone, or is a standby now."""
        state = error.sqlstate or ""
        demoted = state == "25006" and self.url.has_many_hosts
        return connection.closed or state.startswith(("57P0", "08", "25P03")) or demoted

    def loss(
        self, connection: _AnyConnection, error: psycopg.Error, sql: Sql, in_transaction: bool
    ) -> ConnectionLost | CommitUnknown:
        """Return what the lost connection means for the statement that ran on it."""
        message = f"PostgreSQL: {error.diag.message_primary or error}"
        since = connection.watchdog.unresponsive_since
        if since is not None:
            self._unresponsive_at = monotonic()
            seconds = self._unresponsive_at - since
            message = f"PostgreSQL has not answered for {seconds:.0f} s, nor does it accept a new connection"
        read_only = error.sqlstate == "25006"
        stored_nothing = read_only or (not sql.commits if in_transaction else not sql.writes)
        return ConnectionLost(message, since) if stored_nothing else CommitUnknown(message, since)


class PostgresEngine(_Engine):
    """A connection pool for threads."""

    def __init__(self, url: DatabaseUrl) -> None:
        super().__init__(url)
        self._pool = ConnectionPool(
            connection_class=WatchdogConnection,
            **_pool_options(url),
            configure=_configure,
            reconnect_failed=ConnectionPool.check,
        )
        self._pool.open()

    def connection(self, deadline: float | None = None) -> PostgresConnection:
        """Return a context manager for a connection of the pool. The pool rolls back an unfinished transaction."""
        return PostgresConnection(self, deadline)

    def checkout(self, deadline: float | None = None) -> WatchdogConnection:
        """Take a live connection from the pool.

        Arguments:
            deadline: the time.monotonic() until which to wait; None: `acquire_timeout` from now.
        Raises:
            ConnectionFailed: there was none until the deadline.
        """
        deadline = self.deadline() if deadline is None else deadline
        try:
            while True:
                connection = self._pool.getconn(max(0, deadline - monotonic()))
                if self.is_alive(connection):
                    return connection
                self.checkin(connection)
        except DRIVER_ERRORS as error:
            raise storage_error(error, self.url) from error

    def checkin(self, connection: WatchdogConnection) -> None:
        """Return a connection to the pool. The pool replaces a broken one."""
        self._pool.putconn(connection)

    def close(self) -> None:
        """Close the pool and its connections."""
        self._pool.close()


class AsyncPostgresEngine(_Engine):
    """A connection pool for asyncio, without threads."""

    def __init__(self, url: DatabaseUrl) -> None:
        super().__init__(url)
        self._pool = AsyncConnectionPool(
            connection_class=AsyncWatchdogConnection,
            **_pool_options(url),
            configure=_configure_async,
            reconnect_failed=AsyncConnectionPool.check,
        )

    async def open(self) -> None:
        """Start the pool in the running event loop."""
        await self._pool.open()

    def connection(self, deadline: float | None = None) -> AsyncPostgresConnection:
        """Return a context manager for a connection of the pool, as PostgresEngine does."""
        return AsyncPostgresConnection(self, deadline)

    async def checkout(self, deadline: float | None = None) -> AsyncWatchdogConnection:
        """Take a live connection from the pool, as PostgresEngine does."""
        deadline = self.deadline() if deadline is None else deadline
        try:
            while True:
                connection = await self._pool.getconn(max(0, deadline - monotonic()))
                if self.is_alive(connection):
                    return connection
                await self.checkin(connection)
        except DRIVER_ERRORS as error:
            raise storage_error(error, self.url) from error

    async def checkin(self, connection: AsyncWatchdogConnection) -> None:
        """Return a connection to the pool."""
        await self._pool.putconn(connection)

    async def close(self) -> None:
        """Close the pool and its connections."""
        await self._pool.close()


class PostgresConnection:
    """A connection of the pool for one `with` block. If it breaks, the next statement runs on a new one.

    Attributes:
        raw: psycopg's connection.
    """

    raw: WatchdogConnection

    def __init__(self, engine: PostgresEngine, deadline: float | None) -> None:
        self._engine = engine
        self._deadline = deadline
        self._checked_out = False

    def __enter__(self) -> Self:
        self.raw = self._engine.checkout(self._deadline)
        self._checked_out = True
        return self

    def __exit__(self, *error: object) -> None:
        if self._checked_out:
            self._checked_out = False
            self._engine.checkin(self.raw)

    def perform(self, step: Statement | Load) -> Rows:
        """Run a step; see operations.steps."""
        if self.raw.closed:
            if step.name == "rollback":
                return []
            self.__exit__()
            self.__enter__()
        sql, in_transaction = load("postgres", step.name), _in_transaction(self.raw)
        try:
            rows = self._run(sql, step)
        except psycopg.Error as error:
            if not self._engine.is_lost(self.raw, error):
                raise storage_error(error, self._engine.url) from error
            self.raw.close()
            loss = self._engine.loss(self.raw, error, sql, in_transaction)
            self._deadline = self._deadline or loss.since + self._engine.retry_timeout
            raise loss from error
        self._deadline = None  # the server answers again
        return rows

    def _run(self, sql: Sql, step: Statement | Load) -> Rows:
        if isinstance(step, Load):
            with self.raw.cursor() as cursor, cursor.copy(sql.text) as copy:
                for row in step.rows:
                    copy.write_row(row)
            return []
        cursor = self.raw.execute(sql.text, step.parameters)
        return cursor.fetchall() if cursor.rownumber is not None else [(cursor.rowcount,)]


class AsyncPostgresConnection:
    """The same for asyncio."""

    raw: AsyncWatchdogConnection

    def __init__(self, engine: AsyncPostgresEngine, deadline: float | None) -> None:
        self._engine = engine
        self._deadline = deadline
        self._checked_out = False

    async def __aenter__(self) -> Self:
        self.raw = await self._engine.checkout(self._deadline)
        self._checked_out = True
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._checked_out:
            self._checked_out = False
            await self._engine.checkin(self.raw)

    async def perform(self, step: Statement | Load) -> Rows:
        """Run a step; see operations.steps."""
        if self.raw.closed:
            if step.name == "rollback":
                return []
            await self.__aexit__()
            await self.__aenter__()
        sql, in_transaction = load("postgres", step.name), _in_transaction(self.raw)
        try:
            rows = await self._run(sql, step)
        except psycopg.Error as error:
            if not self._engine.is_lost(self.raw, error):
                raise storage_error(error, self._engine.url) from error
            await self.raw.close()
            loss = self._engine.loss(self.raw, error, sql, in_transaction)
            self._deadline = self._deadline or loss.since + self._engine.retry_timeout
            raise loss from error
        self._deadline = None  # the server answers again
        return rows

    async def _run(self, sql: Sql, step: Statement | Load) -> Rows:
        if isinstance(step, Load):
            async with self.raw.cursor() as cursor, cursor.copy(sql.text) as copy:
                for row in step.rows:
                    await copy.write_row(row)
            return []
        cursor = await self.raw.execute(sql.text, step.parameters)
        return await cursor.fetchall() if cursor.rownumber is not None else [(cursor.rowcount,)]


def _in_transaction(connection: _AnyConnection) -> bool:
    return connection.pgconn.transaction_status != pq.TransactionStatus.IDLE
