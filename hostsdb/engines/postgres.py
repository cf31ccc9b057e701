"""PostgreSQL with psycopg 3: a connection pool, for threads or for asyncio."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from threading import Thread
from typing import Any

from psycopg_pool import AsyncConnectionPool, ConnectionPool

from hostsdb.engines.postgres_connection import AsyncPostgresConnection, PostgresConnection
from hostsdb.engines.postgres_pool import PostgresPool
from hostsdb.engines.postgres_watchdog import AsyncWatchdogConnection, WatchdogConnection
from hostsdb.engines.writable import Writable
from hostsdb.url import DatabaseUrl

_NO_LOCK = nullcontext()


class PostgresEngine(PostgresPool):
    """A connection pool for threads."""

    def __init__(self, url: DatabaseUrl) -> None:
        super().__init__(url, ConnectionPool, WatchdogConnection)
        self.pool.open()

    def replace(self) -> None:
        """Replace the pool. Callers that wait in the old one go on in the new one."""
        old = self.pool
        if not old.closed:
            new = self._new_pool()
            new.open()
            self.pool = new
            # It waits for the threads of the pool, which may be connecting.
            Thread(target=old.close, name="hostsdb-close", daemon=True).start()

    def lock(self, deadline: float | None = None) -> AbstractContextManager[Any]:
        """Return a context manager that does nothing: there are many connections."""
        return _NO_LOCK

    def connection(self, deadline: float | None = None, writable: Writable = "any") -> PostgresConnection:
        """Return a context manager for a connection of the pool. The pool rolls back an unfinished transaction."""
        return PostgresConnection(self, deadline, writable)

    def close(self) -> None:
        """Close the pool and its connections. Do nothing in a forked child."""
        if not self.is_inherited:
            self.pool.close()


class AsyncPostgresEngine(PostgresPool):
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
