"""What the connection pools for threads and for asyncio share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from math import inf
from time import monotonic
from typing import Any
from weakref import ref

import psycopg
from psycopg import pq
from psycopg_pool import PoolTimeout

from hostsdb.engine_errors import CommitUnknown, ConnectionLost
from hostsdb.engines.calls import Calls
from hostsdb.engines.forking import ProcessBound
from hostsdb.engines.postgres_connect import configure, connection_options
from hostsdb.engines.postgres_errors import (
    DRIVER_ERRORS,
    is_read_only,
    no_free_connection,
    not_in_time,
    storage_error,
)
from hostsdb.engines.postgres_servers import Servers
from hostsdb.engines.postgres_watchdog import AsyncWatchdogConnection, WatchdogConnection
from hostsdb.errors import ConnectionFailed, StorageError
from hostsdb.model import PoolStats
from hostsdb.reports import warn
from hostsdb.sql_files import Sql
from hostsdb.url import DatabaseUrl

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


class PostgresPool(ProcessBound):
    """A pool of psycopg, and what is known about its servers. `retry_timeout` is that of driver.Engine."""

    def __init__(self, url: DatabaseUrl, pool: Any, connection: type[_AnyConnection]) -> None:
        self.url = url
        options = connection_options(url)
        self.servers: Servers = options["servers"]
        self._new_pool = partial(
            pool,
            connection_class=connection,
            kwargs=options,
            reconnect_failed=pool.check,
            configure=self._configure,
            **_pool_options(url),
        )
        self.pool: Any = self._new_pool()
        self.server: str = ""
        self.retry_timeout: float = url.pool.acquire_timeout
        # The last time at which a server did not answer a liveness probe, by time.monotonic().
        self._unresponsive_at = -inf
        # The last time at which a server refused a write because it is read-only; -inf: another has accepted one since.
        self.refused_write_at: float = -inf
        # The connections that are checked out; of each, what uses it, and its pool.
        self.used: dict[_AnyConnection, tuple[ref[Any], Any]] = {}
        self.bind()

    def _configure(self, connection: _AnyConnection) -> Any:
        server = f"{connection.info.host}:{connection.info.port}"
        if self.server and server != self.server:
            warn(f"connected to another server: {server}, before {self.server}")
        self.server = server
        return configure(self.url, connection)

    def abandoned(self) -> Iterator[tuple[Any, _AnyConnection]]:
        """Yield the connections that nobody uses, each with its pool, once: Ctrl-C may end a thread before __exit__."""
        for connection, (user, pool) in list(self.used.items()):
            if user() is None and self.used.pop(connection, None) is not None:
                yield pool, connection

    def replace(self) -> None:
        """Replace the pool: a thread was interrupted inside it, by Ctrl-C for example. Do nothing for asyncio.

        psycopg's pool for threads may have lost a connection then, which it would count for ever. That for asyncio
        expects to be cancelled.
        """

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
