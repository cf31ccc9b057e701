"""PostgreSQL by psycopg 3: a pool of connections, for threads or for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from time import monotonic
from typing import Any, cast

import psycopg
from psycopg import pq
from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolClosed, PoolTimeout

from hostsdb.engines.refusals import Refused, Repeatable
from hostsdb.errors import (
    ConnectionFailed,
    InvalidConnectionString,
    InvalidData,
    QueryFailed,
    StorageError,
)
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.statements import load
from hostsdb.url import DatabaseUrl, Dialect

_DRIVER_ERRORS = (psycopg.Error, PoolTimeout, PoolClosed)


def connect_once(url: DatabaseUrl) -> psycopg.Connection[tuple[Any, ...]]:
    """Return a connection of its own, outside the pool, in autocommit mode.

    Raises:
        ConnectionFailed, InvalidConnectionString: with libpq's reason.
    """
    try:
        return psycopg.connect(url.conninfo, **_options(url))
    except psycopg.Error as error:
        raise explained(error, url) from error


async def connect_once_async(url: DatabaseUrl) -> psycopg.AsyncConnection[tuple[Any, ...]]:
    """Return a connection of its own, as connect_once does."""
    try:
        return await psycopg.AsyncConnection.connect(url.conninfo, **_options(url))
    except psycopg.Error as error:
        raise explained(error, url) from error


def _options(url: DatabaseUrl) -> dict[str, Any]:
    options: dict[str, Any] = {"autocommit": True}
    if "connect_timeout=" not in url.conninfo:
        options["connect_timeout"] = max(2, round(url.pool.acquire_timeout))
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
    }


def _is_alive(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> bool:
    """Find out without a round trip: the farewell of a server that closed the connection has arrived already.

    The pool's own `check` waits a second after the first dead connection, two after the next, and so on, and does not
    come to an end where a restart of the server has killed them all.
    """
    pgconn = connection.pgconn
    with suppress(psycopg.OperationalError):
        for _ in range(2):  # the message, then the end of the stream
            pgconn.consume_input()
        if pgconn.status == pq.ConnStatus.OK and not pgconn.is_busy():
            return True
    pgconn.finish()
    return False


class PostgresEngine:
    """A pool for threads."""

    dialect: Dialect = "postgres"

    def __init__(self, url: DatabaseUrl) -> None:
        self._url = url
        self._pool = ConnectionPool(**_pool_options(url))
        self._pool.open()

    @contextmanager
    def connection(self) -> Iterator[_Connection]:
        """Lend a connection of the pool; the pool rolls back what it left unfinished."""
        try:
            lent = self._alive()
        except _DRIVER_ERRORS as error:
            raise explained(error, self._url) from error
        try:
            yield _Connection(lent, self._url)
        finally:
            self._pool.putconn(lent)

    def _alive(self) -> psycopg.Connection[Any]:
        give_up = monotonic() + self._url.pool.acquire_timeout
        while True:
            lent: psycopg.Connection[Any] = self._pool.getconn(max(0, give_up - monotonic()))
            if _is_alive(lent):
                return lent
            self._pool.putconn(lent)  # which makes a new one instead

    def close(self) -> None:
        """Close the pool and its connections."""
        self._pool.close()


class AsyncPostgresEngine:
    """A pool for asyncio: no threads."""

    dialect: Dialect = "postgres"

    def __init__(self, url: DatabaseUrl) -> None:
        self._url = url
        self._pool = AsyncConnectionPool(**_pool_options(url))

    async def open(self) -> None:
        """Start the pool, in the running loop."""
        await self._pool.open()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[_AsyncConnection]:
        """Lend a connection of the pool, as PostgresEngine does."""
        try:
            lent = await self._alive()
        except _DRIVER_ERRORS as error:
            raise explained(error, self._url) from error
        try:
            yield _AsyncConnection(lent, self._url)
        finally:
            await self._pool.putconn(lent)

    async def _alive(self) -> psycopg.AsyncConnection[Any]:
        give_up = monotonic() + self._url.pool.acquire_timeout
        while True:
            lent: psycopg.AsyncConnection[Any] = await self._pool.getconn(max(0, give_up - monotonic()))
            if _is_alive(lent):
                return lent
            await self._pool.putconn(lent)

    async def close(self) -> None:
        """Close the pool and its connections."""
        await self._pool.close()


class _Connection:
    def __init__(self, connection: psycopg.Connection[Any], url: DatabaseUrl) -> None:
        self._connection = connection
        self._url = url

    def perform(self, step: Statement | Load) -> Rows:
        sql = load("postgres", step.name).text
        try:
            if isinstance(step, Load):
                with self._connection.cursor() as cursor, cursor.copy(sql) as copy:
                    for row in step.rows:
                        copy.write_row(row)
                return []
            return _rows_of(self._connection.execute(sql, step.parameters))
        except psycopg.Error as error:
            raise explained(error, self._url) from error


class _AsyncConnection:
    def __init__(self, connection: psycopg.AsyncConnection[Any], url: DatabaseUrl) -> None:
        self._connection = connection
        self._url = url

    async def perform(self, step: Statement | Load) -> Rows:
        sql = load("postgres", step.name).text
        try:
            if isinstance(step, Load):
                async with self._connection.cursor() as cursor, cursor.copy(sql) as copy:
                    for row in step.rows:
                        await copy.write_row(row)
                return []
            cursor = await self._connection.execute(sql, step.parameters)
            return await cursor.fetchall() if cursor.description else [(cursor.rowcount,)]
        except psycopg.Error as error:
            raise explained(error, self._url) from error


def _rows_of(cursor: psycopg.Cursor[Any]) -> Rows:
    return cast(Rows, cursor.fetchall()) if cursor.description else [(cursor.rowcount,)]


# SQLSTATEs, or their classes, that say what the caller can do; appendix A of PostgreSQL's manual lists them all.
_BY_STATE: list[tuple[str, type[StorageError], str]] = [
    ("40001", Repeatable, ""),
    ("40P01", Repeatable, ""),
    ("22", InvalidData, ""),
    ("54000", InvalidData, ""),  # an index holds no text of thousands of bytes
    ("42501", QueryFailed, "; ask the owner of the database for the right"),
    ("42P01", QueryFailed, "; has hostsdb init been run on this database and schema?"),
    ("08", ConnectionFailed, ""),
    ("28", ConnectionFailed, ""),
    ("3D000", ConnectionFailed, ""),
    ("53300", ConnectionFailed, ""),
    ("57P", ConnectionFailed, ""),
    ("25P03", ConnectionFailed, ""),
]


def explained(error: Exception, url: DatabaseUrl) -> StorageError:
    """Return our error for one of the driver's, by its SQLSTATE and constraint name."""
    if isinstance(error, PoolTimeout | PoolClosed):
        return _pool_error(error, url)
    if not isinstance(error, psycopg.Error):
        return QueryFailed(f"PostgreSQL: {error}")
    state = error.sqlstate or ""
    words = error.diag.message_primary or str(error)
    if state.startswith("23"):
        return Refused(error.diag.constraint_name or state, words)
    for prefix, kind, advice in _BY_STATE:
        if state.startswith(prefix):
            return kind(f"PostgreSQL: {words}{advice}")
    if isinstance(error, psycopg.ProgrammingError) and not state:
        # libpq could not read the URL; it may repeat pieces of it, so its words stay out.
        return InvalidConnectionString("libpq does not understand this URL; check its parameters")
    # Without a state it is libpq's own error; with one, psycopg calls a full disk and a timeout operational too.
    lost = isinstance(error, psycopg.OperationalError) and not state
    kind = ConnectionFailed if lost else QueryFailed
    return kind(f"PostgreSQL: {words}")


def _pool_error(error: PoolTimeout | PoolClosed, url: DatabaseUrl) -> ConnectionFailed:
    if isinstance(error, PoolClosed):
        return ConnectionFailed("this storage is closed; connect again")
    return ConnectionFailed(
        f"no connection to PostgreSQL was free within {url.pool.acquire_timeout:g} s; "
        f"raise max_connections={url.pool.max_connections} or acquire_timeout in the URL, "
        "or look whether the server answers"
    )
