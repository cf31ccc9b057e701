"""PostgreSQL with psycopg 3: a connection pool, for threads or for asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from math import inf
from time import monotonic
from typing import Any, Self

import psycopg
from psycopg import pq
from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolTimeout

from hostsdb.engine_errors import CommitUnknown, ConnectionLost
from hostsdb.engines.calls import Calls, finish, finish_async
from hostsdb.engines.forking import ProcessBound
from hostsdb.engines.postgres_connect import accepts_writes, configure, connection_options
from hostsdb.engines.postgres_errors import (
    DRIVER_ERRORS,
    is_read_only,
    no_free_connection,
    not_in_time,
    storage_error,
)
from hostsdb.engines.postgres_servers import Servers
from hostsdb.engines.postgres_session import AsyncSession, Session, SyncSession
from hostsdb.engines.postgres_statements import statement_name
from hostsdb.engines.postgres_watchdog import AsyncWatchdogConnection, WatchdogConnection
from hostsdb.engines.writable import Writable
from hostsdb.errors import ConnectionFailed, StorageError
from hostsdb.model import PoolStats
from hostsdb.operations.retry import Backoff
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.reports import warn
from hostsdb.sql_files import Sql, load
from hostsdb.url import DatabaseUrl

# Whether a transaction is open after a statement.
_BEGIN_OR_END = {"begin": True, "begin_reading": True, "commit": False, "rollback": False}
# Waits for a connection that are longer are reported, in seconds.
_SLOW = 1.0

_AnyConnection = WatchdogConnection | AsyncWatchdogConnection


def _pool_options(url: DatabaseUrl) -> dict[str, Any]:
    return {
        "conninfo": url.conninfo,
        "min_size": url.pool.min_connections,
        "max_size": url.pool.max_connections,
        "timeout": url.pool.acquire_timeout,
        "max_idle": url.pool.idle_timeout,
        "open": False,
        "name": "hostsdb",
        # By default the pool waits 1, 2, 4, ... 128 seconds between two attempts, even while callers wait.
        "reconnect_timeout": 3,
    }


class _Engine(ProcessBound):
    """What the two engines share. `retry_timeout` is that of driver.Engine."""

    def __init__(self, url: DatabaseUrl, pool: Any, connection: type[_AnyConnection]) -> None:
        self.url = url
        options = connection_options(url)
        self.servers: Servers = options["servers"]
        self.pool: Any = pool(
            connection_class=connection,
            kwargs=options,
            reconnect_failed=pool.check,
            configure=self._configure,
            **_pool_options(url),
        )
        self.server = ""
        self.retry_timeout: float = url.pool.acquire_timeout
        # The last time at which a server did not answer a liveness probe, by time.monotonic().
        self._unresponsive_at = -inf
        # The last time at which a server refused a write because it is read-only; -inf: another has accepted one since.
        self.refused_write_at = -inf
        self.used: set[_AnyConnection] = set()  # the connections that are checked out
        self.bind()

    def _configure(self, connection: _AnyConnection) -> Any:
        server = f"{connection.info.host}:{connection.info.port}"
        if self.server and server != self.server:
            warn(f"connected to another server: {server}, before {self.server}")
        self.server = server
        return configure(self.url, connection)

    def pool_stats(self) -> PoolStats:
        """Return the numbers of connections and of waiting callers."""
        now = self.pool.get_stats()
        numbers = (
            now.get(name, 0) for name in ("pool_max", "pool_size", "pool_available", "requests_waiting")
        )
        return PoolStats(*numbers)

    def filled(self) -> Calls[None]:
        """Wait for the connection of a pool that begins with one. For a call that comes earlier it would open another.

        Two idle connections take turns. One server process, with warm caches, needs a tenth less time for an append.
        """
        if self.url.pool.min_connections == 1:
            try:
                yield self.pool.wait(self.url.pool.acquire_timeout)
            except DRIVER_ERRORS as error:
                raise self.no_connection(error, "") from error

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
        """Return whether the server is gone, or refuses to write."""
        state = error.sqlstate or ""
        # libpq has not always noticed a lost socket when psycopg has: "connection socket closed".
        is_closed = connection.closed or (not state and isinstance(error, psycopg.OperationalError))
        return is_closed or state.startswith(("57P0", "08", "25P03")) or is_read_only(connection, error)

    def loss(
        self, connection: _AnyConnection, error: psycopg.Error, sql: Sql, in_transaction: bool
    ) -> ConnectionLost | CommitUnknown:
        """Return what the lost connection means for the statement that ran on it."""
        message = f"PostgreSQL: {error.diag.message_primary or error}"
        if is_read_only(connection, error):
            self.refused_write_at = monotonic()
            return ConnectionLost(message, is_read_only=True)
        since = connection.watchdog.unresponsive_since
        if since is not None:
            self._unresponsive_at = monotonic()
            seconds = self._unresponsive_at - since
            message = f"PostgreSQL has not answered for {seconds:.0f} s, nor does it accept a new connection"
        stored_nothing = not sql.commits if in_transaction else not sql.writes
        return ConnectionLost(message, since) if stored_nothing else CommitUnknown(message, since)

    def report_wait(self, seconds: float) -> None:
        """Report a long wait for a connection that others used."""
        if seconds > _SLOW and len(self.used) >= self.url.pool.max_connections:
            warn(
                f"waited {seconds:.1f} s for a connection; if this repeats, raise max_connections in the URL"
            )

    def no_connection(self, error: Exception, read_only_server: str) -> StorageError:
        """Return the error of a caller that got no connection.

        Arguments:
            error: that of the pool.
            read_only_server: the server that was found instead of one that accepts writes; empty: none.
        """
        if not isinstance(error, PoolTimeout):
            return storage_error(error, self.url)
        if read_only_server:
            return ConnectionFailed(
                not_in_time(self.url, f"{read_only_server} is read-only, and a write was due")
            )
        if not self.servers.failures and len(self.used) >= self.url.pool.max_connections:
            return ConnectionFailed(no_free_connection(self.url))
        return ConnectionFailed(not_in_time(self.url, self.servers.describe()))


class PostgresEngine(_Engine):
    """A connection pool for threads."""

    def __init__(self, url: DatabaseUrl) -> None:
        super().__init__(url, ConnectionPool, WatchdogConnection)
        self.pool.open()

    def connection(self, deadline: float | None = None, writable: Writable = "any") -> PostgresConnection:
        """Return a context manager for a connection of the pool. The pool rolls back an unfinished transaction."""
        return PostgresConnection(self, deadline, writable)

    def close(self) -> None:
        """Close the pool and its connections. Do nothing in a forked child."""
        if not self.is_inherited:
            self.pool.close()


class AsyncPostgresEngine(_Engine):
    """A connection pool for asyncio, without threads."""

    def __init__(self, url: DatabaseUrl) -> None:
        super().__init__(url, AsyncConnectionPool, AsyncWatchdogConnection)

    async def open(self) -> None:
        """Start the pool in the running event loop."""
        await self.pool.open()

    def connection(
        self, deadline: float | None = None, writable: Writable = "any"
    ) -> AsyncPostgresConnection:
        """Return a context manager for a connection of the pool, as PostgresEngine does."""
        return AsyncPostgresConnection(self, deadline, writable)

    async def close(self) -> None:
        """Close the pool and its connections. Do nothing in a forked child."""
        if not self.is_inherited:
            await self.pool.close()


class _Connection(Session):
    """A connection of the pool for one `with` block. If it breaks, the next statement runs on a new one."""

    _sleep: Callable[[Any], Any]

    def __init__(self, engine: _Engine, deadline: float | None, writable: Writable) -> None:
        self._engine = engine
        self._deadline = deadline
        self._writable = writable
        self._checked_out = False
        self._has_begun = False

    def _checkout(self) -> Calls[Self]:
        """Take a live connection from the pool, until the deadline, or `acquire_timeout` from now."""
        engine = self._engine
        engine.check_process()
        began, delays, read_only_server = monotonic(), Backoff(None), ""
        deadline = began + engine.retry_timeout if self._deadline is None else self._deadline
        try:
            while True:
                self.raw = yield engine.pool.getconn(max(0, deadline - monotonic()))
                self._checked_out = True
                engine.used.add(self.raw)
                is_read_only = False
                if engine.is_alive(self.raw):
                    if not self._must_write() or (yield from self._accepts_writes()):
                        engine.report_wait(monotonic() - began)
                        return self
                    is_read_only = not self.raw.closed
                    yield self.raw.close()
                yield from self._checkin()
                if is_read_only:  # for the moment
                    read_only_server = engine.server
                    yield self._sleep(delays.next_delay())
        except DRIVER_ERRORS as error:
            raise engine.no_connection(error, read_only_server) from error

    def _must_write(self) -> bool:
        lately = monotonic() < self._engine.refused_write_at + self._engine.retry_timeout
        return self._writable == "require" or (self._writable == "prefer" and lately)

    def _accepts_writes(self) -> Calls[bool]:
        try:
            accepts = yield from accepts_writes(self.raw)
        except psycopg.Error:
            return False
        if accepts:
            self._engine.refused_write_at = -inf
        return accepts

    def _checkin(self) -> Calls[None]:
        """Return the connection to the pool. The pool replaces a broken one."""
        if self._checked_out and not self._engine.is_inherited:
            self._checked_out = False
            self._engine.used.discard(self.raw)
            yield self._engine.pool.putconn(self.raw)

    def _perform(self, step: Statement | Load) -> Calls[Rows]:
        if self._engine.leaves_out(step):
            return []
        if self.raw.closed:
            if step.name == "rollback":
                return []
            if self._has_begun:
                raise ConnectionLost("PostgreSQL: the connection was lost, and its transaction with it")
            yield from self._checkin()
            yield from self._checkout()
        self._has_begun = _BEGIN_OR_END.get(step.name, self._has_begun)
        sql = load("postgres", statement_name(step))
        in_transaction = self.raw.pgconn.transaction_status != pq.TransactionStatus.IDLE
        try:
            rows = yield from self._run(sql, step)
        except psycopg.Error as error:
            if not self._engine.is_lost(self.raw, error):
                raise storage_error(error, self._engine.url) from error
            yield self.raw.close()
            loss = self._engine.loss(self.raw, error, sql, in_transaction)
            self._deadline = self._deadline or loss.since + self._engine.retry_timeout
            if isinstance(loss, CommitUnknown) or loss.is_read_only:
                self._writable = "require"  # a standby may not have what was committed
            raise loss from error
        self._deadline = None  # the server answers again
        return rows


class PostgresConnection(SyncSession, _Connection):
    """A connection for threads."""

    _sleep = staticmethod(time.sleep)

    def __enter__(self) -> Self:
        return finish(self._checkout())

    def __exit__(self, *error: object) -> None:
        finish(self._checkin())


class AsyncPostgresConnection(AsyncSession, _Connection):
    """A connection for asyncio."""

    _sleep = staticmethod(asyncio.sleep)

    async def __aenter__(self) -> Self:
        return await finish_async(self._checkout())

    async def __aexit__(self, *error: object) -> None:
        await finish_async(self._checkin())
