"""From a URL to an open database with its schema: what Storage and AsyncStorage stand on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from hostsdb import driver
from hostsdb.engines.embedded import AsyncEmbeddedEngine, EmbeddedConnection, EmbeddedEngine, in_worker
from hostsdb.errors import ConnectionFailed
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
    """

    def __init__(self, url: DatabaseUrl, engine: _Engine, exclusive: Exclusive) -> None:
        self.url = url
        self.engine = engine
        self.exclusive = exclusive

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


class AsyncDatabase:
    """An open database, for asyncio; see Database. Migrations are applied in a thread: yoyo knows no asyncio."""

    def __init__(self, url: DatabaseUrl, engine: _AsyncEngine, exclusive: Exclusive) -> None:
        self.url = url
        self.engine = engine
        self.exclusive = exclusive

    async def initialize(self, lock_timeout: float | None = None) -> list[str]:
        """Apply what is pending; a schema that is current costs two SELECTs and no thread."""
        state = await driver.run_async(self.engine, lambda: schema_state(self.url.dialect))
        refuse_newer(state)
        return await asyncio.to_thread(_apply, self, state, lock_timeout) if state.pending else []

    async def close(self) -> None:
        """Give back every connection."""
        await self.engine.close()


def _apply(database: Database | AsyncDatabase, state: SchemaState, lock_timeout: float | None) -> list[str]:
    from hostsdb.schema.apply import (
        LOCK_TIMEOUT,
        apply_migrations,
    )  # yoyo is slow to import and seldom needed

    timeout = LOCK_TIMEOUT if lock_timeout is None else lock_timeout
    with database.exclusive() as connection:
        return apply_migrations(database.url.dialect, connection, state.pending, timeout)


def open_database(url: DatabaseUrl) -> Database:
    """Open a database.

    Raises:
        ConnectionFailed: it cannot be reached or opened, or its driver is not installed.
    """
    if url.dialect == "postgres":
        postgres = _postgres()
        postgres.connect_once(url).close()  # the pool would only say that it timed out
        return Database(url, postgres.PostgresEngine(url), _exclusive_on_postgres(url))
    engine = EmbeddedEngine(_embedded_connection(url))
    return Database(url, engine, _exclusive_on_embedded(engine))


async def open_database_async(url: DatabaseUrl) -> AsyncDatabase:
    """Open a database for asyncio, as open_database does."""
    if url.dialect == "postgres":
        postgres = _postgres()
        await (await postgres.connect_once_async(url)).close()
        pool = postgres.AsyncPostgresEngine(url)
        await pool.open()
        return AsyncDatabase(url, pool, _exclusive_on_postgres(url))
    worker = ThreadPoolExecutor(1, thread_name_prefix="hostsdb")
    try:
        connection = await in_worker(worker, _embedded_connection, url)
    except BaseException:
        worker.shutdown(wait=False)
        raise
    engine = EmbeddedEngine(connection)
    return AsyncDatabase(url, AsyncEmbeddedEngine(engine, worker), _exclusive_on_embedded(engine))


def _exclusive_on_postgres(url: DatabaseUrl) -> Exclusive:
    return lambda: _postgres().connect_once(url)


def _exclusive_on_embedded(engine: EmbeddedEngine) -> Exclusive:
    @contextmanager
    def exclusive() -> Iterator[Any]:
        with engine.connection() as connection:
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


def _postgres() -> Any:
    try:
        from hostsdb.engines import postgres
    except ModuleNotFoundError as error:
        raise _extra_missing("PostgreSQL", "postgres") from error
    return postgres


def _extra_missing(engine: str, extra: str) -> ConnectionFailed:
    return ConnectionFailed(f"{engine} needs its driver: pip install 'hostsdb[{extra}]'")
