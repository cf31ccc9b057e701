"""From a URL to an open database with its schema: what Storage and AsyncStorage stand on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Protocol

from hostsdb.database import driver
from hostsdb.database.feed import AsyncNotifier, Notifier
from hostsdb.database.polling import polling, polling_async
from hostsdb.engines.embedded import EmbeddedConnection, EmbeddedEngine
from hostsdb.errors import ConnectionFailed
from hostsdb.operations.retry import LOCK_TIMEOUT
from hostsdb.schema.state import SchemaState, refuse_newer, schema_state
from hostsdb.url import DatabaseUrl

# Lends a driver's connection, in autocommit mode, that nobody else uses meanwhile.
Exclusive = Callable[[], AbstractContextManager[Any]]


class _Engine(driver.Engine, Protocol):
    def close(self) -> None: ...


class _AsyncEngine(driver.AsyncEngine, Protocol):
    async def close(self) -> None: ...


class Database:
    """An open database.

    Arguments:
        url: where it is.
        engine: what lends connections to operations.
        exclusive: lends a driver's connection for work on the schema.
        notifier: gives what waits for a commit.
        standby: lends connections to a standby.
    """

    def __init__(
        self,
        url: DatabaseUrl,
        engine: _Engine,
        exclusive: Exclusive,
        notifier: Callable[[], AbstractContextManager[Notifier]],
        standby: _Engine | None = None,
    ) -> None:
        self.url = url
        self.engine = engine
        self.exclusive = exclusive
        self.notifier = notifier
        self.standby = standby

    def schema_state(self) -> SchemaState:
        """Return what is applied and what is pending, by SELECT alone."""
        return driver.run(self.engine, lambda: schema_state(self.url.dialect))

    def initialize(self, lock_timeout: float | None = None) -> list[str]:
        """Apply what is pending; a schema that is current costs two SELECTs."""
        state = self.schema_state()
        refuse_newer(state)
        return _apply(self, state, lock_timeout) if state.pending else []

    def close(self) -> None:
        """Give back every connection."""
        self.engine.close()
        if self.standby is not None:
            self.standby.close()


class AsyncDatabase:
    """An open database, for asyncio; see Database. Migrations are applied in a thread: yoyo knows no asyncio."""

    def __init__(
        self,
        url: DatabaseUrl,
        engine: _AsyncEngine,
        exclusive: Exclusive,
        notifier: Callable[[], AbstractAsyncContextManager[AsyncNotifier]],
        standby: _AsyncEngine | None = None,
    ) -> None:
        self.url = url
        self.engine = engine
        self.exclusive = exclusive
        self.notifier = notifier
        self.standby = standby

    async def initialize(self, lock_timeout: float | None = None) -> list[str]:
        """Apply what is pending; a schema that is current costs two SELECTs and no thread."""
        import asyncio  # see driver.run_async

        state = await driver.run_async(self.engine, lambda: schema_state(self.url.dialect))
        refuse_newer(state)
        return await asyncio.to_thread(_apply, self, state, lock_timeout) if state.pending else []

    async def close(self) -> None:
        """Give back every connection."""
        await self.engine.close()
        if self.standby is not None:
            await self.standby.close()


def _apply(database: Database | AsyncDatabase, state: SchemaState, lock_timeout: float | None) -> list[str]:
    from hostsdb.schema.apply import apply_migrations  # yoyo is slow to import and seldom needed

    timeout = LOCK_TIMEOUT if lock_timeout is None else lock_timeout
    with database.exclusive() as connection:
        return apply_migrations(database.url.dialect, connection, state.pending, timeout)


def open_database(url: DatabaseUrl) -> Database:
    """Open a database.

    Raises:
        ConnectionFailed: it cannot be reached or opened, or its driver is not installed.
    """
    if url.dialect == "postgres":
        return _open_postgres(url)
    engine = EmbeddedEngine(_embedded_connection(url))
    return Database(url, engine, _exclusive_on_embedded(engine), partial(polling, engine))


async def open_database_async(url: DatabaseUrl) -> AsyncDatabase:
    """Open a database for asyncio, as open_database does."""
    if url.dialect == "postgres":
        return await _open_postgres_async(url)
    from hostsdb.engines.embedded_async import open_in_worker  # brings asyncio; see driver.run_async

    engine, lent = await open_in_worker(partial(_embedded_connection, url))
    return AsyncDatabase(url, lent, _exclusive_on_embedded(engine), partial(polling_async, lent))


def _open_postgres(url: DatabaseUrl) -> Database:
    require_psycopg()
    from hostsdb.engines.postgres import PostgresEngine
    from hostsdb.engines.postgres_connect import connect_once
    from hostsdb.engines.postgres_listener import listening

    connect_once(url).close()  # the pool would only say that it timed out
    standby = PostgresEngine(url.read) if url.read else None
    exclusive = partial(connect_once, url)
    return Database(url, PostgresEngine(url), exclusive, partial(listening, url), standby)


async def _open_postgres_async(url: DatabaseUrl) -> AsyncDatabase:
    require_psycopg()
    from hostsdb.engines.postgres import AsyncPostgresEngine
    from hostsdb.engines.postgres_connect import connect_once, connect_once_async
    from hostsdb.engines.postgres_listener import listening_async

    await (await connect_once_async(url)).close()
    pool = AsyncPostgresEngine(url)
    await pool.open()
    standby = AsyncPostgresEngine(url.read) if url.read else None
    if standby:
        await standby.open()
    exclusive = partial(connect_once, url)
    return AsyncDatabase(url, pool, exclusive, partial(listening_async, url), standby)


def _exclusive_on_embedded(engine: EmbeddedEngine) -> Exclusive:
    @contextmanager
    def exclusive() -> Iterator[Any]:
        with engine.connection() as connection:
            connection.prepare_write()
            yield connection.raw

    return exclusive


def _embedded_connection(url: DatabaseUrl) -> EmbeddedConnection:
    if url.dialect == "sqlite":
        from hostsdb.engines.sqlite import SQLiteConnection

        return SQLiteConnection(url)
    try:
        from hostsdb.engines.duckdb import DuckDBConnection
    except ModuleNotFoundError as error:
        raise _extra_missing("DuckDB", "duckdb") from error
    return DuckDBConnection(url)


def require_psycopg() -> None:
    """Raise ConnectionFailed with the extra to install, if psycopg is not installed."""
    try:
        import psycopg_pool  # noqa: F401
    except ModuleNotFoundError as error:
        raise _extra_missing("PostgreSQL", "postgres") from error


def _extra_missing(engine: str, extra: str) -> ConnectionFailed:
    return ConnectionFailed(f"{engine} needs its driver: pip install 'hostsdb[{extra}]'")
