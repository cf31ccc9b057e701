"""From a URL to an open database: its engine, its schema, its notifications."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any, Self, TypeVar

from hostsdb.database import driver
from hostsdb.database.polling import Polling
from hostsdb.engines.calls import finish, finish_async
from hostsdb.engines.embedded import EmbeddedConnection, EmbeddedEngine
from hostsdb.errors import ConnectionFailed
from hostsdb.model import PoolStats
from hostsdb.operations.retry import LOCK_TIMEOUT
from hostsdb.operations.steps import Operation
from hostsdb.schema.files import Migration
from hostsdb.schema.state import SchemaState, refuse_foreign_schema, refuse_unknown, schema_state
from hostsdb.url import DatabaseUrl

T = TypeVar("T")

# Gives a driver's connection in autocommit mode for exclusive use.
Exclusive = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Database:
    """An open database.

    Attributes:
        url: its URL.
        engine: the engine that runs operations.
        exclusive: gives a driver's connection for work on the schema.
        notifications: gives each watcher a notifier that waits for commits.
        standby: the engine of a standby, if there is one.
        combining: the engine of operations that begin with an append, if it is another one.
    """

    url: DatabaseUrl
    engine: driver.Engine
    exclusive: Exclusive
    notifications: driver.Notifications
    standby: driver.Engine | None = None
    combining: driver.Engine | None = None

    def run(self, operation: Callable[[], Operation[T]]) -> T:
        """Run an operation; see driver.run."""
        return driver.run(self.engine, operation)

    def run_append(self, operation: Callable[[], Operation[T]]) -> T:
        """Run an operation that begins with an append. Threads that wait for a connection may share a statement."""
        return driver.run(self.combining or self.engine, operation)

    def pool_stats(self) -> PoolStats:
        """Return the numbers of connections and of waiting callers."""
        return (self.combining or self.engine).pool_stats()

    def outside(self, what: str) -> Self:
        """Return this database. A Transaction raises QueryFailed here: `what` cannot be used in one."""
        return self

    def schema_state(self, features: tuple[str, ...] = ()) -> SchemaState:
        """Return the applied and the pending migrations. Runs SELECT only.

        Arguments:
            features: the features that are asked for.
        """
        return driver.run(self.engine, lambda: schema_state(self.url.dialect, features))

    def initialize(
        self, lock_timeout: float = LOCK_TIMEOUT, *, optional: bool = False, features: tuple[str, ...] = ()
    ) -> list[str]:
        """Apply the pending migrations. A current schema costs two SELECTs.

        Arguments:
            lock_timeout: how long to wait for another process that migrates, in seconds.
            optional: apply the optional ones even if no other is pending.
            features: the features that are asked for.
        """
        state = self.schema_state(features)
        refuse_unknown(state, self.url.dialect)
        return _apply(self, state.to_apply(optional), lock_timeout)

    def refuse_foreign_schema(self) -> None:
        """Raise MigrationFailed if the search_path finds the tables of another schema than its first (PostgreSQL)."""
        driver.run(self.engine, lambda: refuse_foreign_schema(self.url.dialect))

    def close(self) -> None:
        """Close every connection."""
        self.notifications.close()
        self.engine.close()
        if self.standby is not None:
            self.standby.close()


@dataclass(frozen=True)
class AsyncDatabase:
    """An open database for asyncio; see Database."""

    url: DatabaseUrl
    engine: driver.AsyncEngine
    exclusive: Exclusive
    notifications: driver.Notifications
    standby: driver.AsyncEngine | None = None

    async def run(self, operation: Callable[[], Operation[T]]) -> T:
        """Run an operation; see driver.run_async."""
        return await driver.run_async(self.engine, operation)

    def outside(self, what: str) -> Self:
        """Return this database, as Database.outside does."""
        return self

    async def initialize(self) -> list[str]:
        """Apply the pending migrations in a thread: yoyo has no asyncio. A current schema costs two SELECTs."""
        import asyncio  # see driver.sleep_async

        state = await driver.run_async(self.engine, lambda: schema_state(self.url.dialect))
        refuse_unknown(state, self.url.dialect)
        migrations = state.to_apply()
        return await asyncio.to_thread(_apply, self, migrations) if migrations else []

    async def refuse_foreign_schema(self) -> None:
        """Raise MigrationFailed as Database.refuse_foreign_schema does."""
        await driver.run_async(self.engine, lambda: refuse_foreign_schema(self.url.dialect))

    async def close(self) -> None:
        """Close every connection."""
        self.notifications.close()
        await self.engine.close()
        if self.standby is not None:
            await self.standby.close()


def _apply(
    database: Database | AsyncDatabase, migrations: tuple[Migration, ...], lock_timeout: float = LOCK_TIMEOUT
) -> list[str]:
    if not migrations:
        return []
    from hostsdb.schema.apply import apply_migrations  # yoyo is slow to import and rarely needed

    with database.exclusive() as connection:
        return apply_migrations(database.url.dialect, connection, migrations, lock_timeout)


def open_database(url: DatabaseUrl) -> Database:
    """Open a database.

    Raises:
        ConnectionFailed: it cannot be reached or opened, or its driver is not installed.
    """
    if url.dialect != "postgres":
        engine = EmbeddedEngine(_embedded_connection(url))
        polling = Polling(partial(driver.run, engine), time.sleep)
        return Database(url, engine, engine.exclusive, polling)
    require("psycopg_pool", "PostgreSQL", "postgres")
    from hostsdb.engines.postgres import PostgresEngine
    from hostsdb.engines.postgres_combining import Combining
    from hostsdb.engines.postgres_listener import listener
    from hostsdb.engines.postgres_waiting import connect_in_time

    connect_in_time(url).close()  # the pool would retry a wrong password too
    pool = PostgresEngine(url)
    finish(pool.filled())
    standby = PostgresEngine(url.read) if url.read else None
    return Database(
        url, pool, partial(connect_in_time, url, writes=True), listener(url), standby, Combining(pool)
    )


async def open_database_async(url: DatabaseUrl) -> AsyncDatabase:
    """Open a database for asyncio, as open_database does."""
    if url.dialect != "postgres":
        from hostsdb.engines.embedded_async import open_in_worker  # imports asyncio; see driver.sleep_async

        embedded, engine = await open_in_worker(partial(_embedded_connection, url))
        polling = Polling(partial(driver.run_async, engine), driver.sleep_async)
        return AsyncDatabase(url, engine, embedded.exclusive, polling)
    require("psycopg_pool", "PostgreSQL", "postgres")
    from hostsdb.engines.postgres import AsyncPostgresEngine
    from hostsdb.engines.postgres_listener import listener_async
    from hostsdb.engines.postgres_waiting import connect_in_time, connect_in_time_async

    await (await connect_in_time_async(url)).close()
    engines = [AsyncPostgresEngine(each) for each in (url, url.read) if each is not None]
    for pool in engines:
        await pool.open()
    await finish_async(engines[0].filled())
    return AsyncDatabase(
        url, engines[0], partial(connect_in_time, url, writes=True), listener_async(url), *engines[1:]
    )


def _embedded_connection(url: DatabaseUrl) -> EmbeddedConnection:
    if url.dialect == "sqlite":
        from hostsdb.engines.sqlite import SQLiteConnection

        return SQLiteConnection(url)
    require("duckdb", "DuckDB", "duckdb")
    from hostsdb.engines.duckdb import DuckDBConnection

    return DuckDBConnection(url)


def caller_connection(url: DatabaseUrl, connection: Any) -> driver.Connection:
    """Return a connection of the caller's own as one that runs operations.

    Raises:
        TypeError: it is not a connection of the engine's driver.
    """
    name = {"postgres": "psycopg.Connection", "sqlite": "sqlite3.Connection"}.get(
        url.dialect, "duckdb.DuckDBPyConnection"
    )
    module, _, kind = name.partition(".")
    if not isinstance(connection, getattr(import_module(module), kind)):
        raise TypeError(f"within() needs a {name}, not {type(connection).__name__}")
    if url.dialect == "postgres":
        from hostsdb.engines.postgres_caller import CallerPostgresConnection

        return CallerPostgresConnection(connection)
    return _embedded_caller(url, connection)


def _embedded_caller(url: DatabaseUrl, connection: Any) -> EmbeddedConnection:
    if url.dialect == "sqlite":
        from hostsdb.engines.sqlite import CallerSQLiteConnection

        return CallerSQLiteConnection(connection)
    from hostsdb.engines.duckdb import CallerDuckDBConnection

    return CallerDuckDBConnection(connection)


def caller_connection_async(url: DatabaseUrl, connection: Any) -> driver.AsyncConnection:
    """Return a connection of the caller's own for asyncio, as caller_connection does."""
    if url.dialect != "postgres":
        raise TypeError("within() of AsyncStorage needs PostgreSQL: sqlite3 and duckdb have no asyncio")
    from psycopg import AsyncConnection

    from hostsdb.engines.postgres_caller import AsyncCallerPostgresConnection

    if not isinstance(connection, AsyncConnection):
        raise TypeError(f"within() needs a psycopg.AsyncConnection, not {type(connection).__name__}")
    return AsyncCallerPostgresConnection(connection)


def require(module: str, engine: str, extra: str) -> None:
    """Raise ConnectionFailed if the driver of an engine is not installed. The message names the extra to install."""
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        raise ConnectionFailed(f"{engine} needs its driver: pip install 'hostsdb[{extra}]'") from error
