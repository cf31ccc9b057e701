"""PostgreSQL by psycopg 3: a pool of connections, for threads or for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from math import inf
from time import monotonic
from typing import Any

import psycopg
from psycopg import pq
from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolClosed, PoolTimeout

from hostsdb.engines.losses import AnswerLost, ConnectionLost
from hostsdb.engines.refusals import Refused, Repeatable
from hostsdb.engines.silence import WatchedAsyncConnection, WatchedConnection
from hostsdb.errors import (
    ConnectionFailed,
    InvalidConnectionString,
    InvalidData,
    QueryFailed,
    StorageError,
)
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.statements import Sql, load
from hostsdb.url import DatabaseUrl, Dialect

_DRIVER_ERRORS = (psycopg.Error, PoolTimeout, PoolClosed)


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
            connection_class=WatchedConnection, **_pool_options(url), reconnect_failed=ConnectionPool.check
        )
        self._pool.open()

    @contextmanager
    def connection(self, give_up: float | None = None) -> Iterator[_Connection]:
        """Lend a connection of the pool; the pool rolls back what it left unfinished."""
        connection = _Connection(self.take(give_up), self, give_up)
        try:
            yield connection
        finally:
            if connection.lent:
                self.give_back(connection.raw)

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
        except _DRIVER_ERRORS as error:
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
            reconnect_failed=AsyncConnectionPool.check,
        )

    async def open(self) -> None:
        """Start the pool, in the running loop."""
        await self._pool.open()

    @asynccontextmanager
    async def connection(self, give_up: float | None = None) -> AsyncIterator[_AsyncConnection]:
        """Lend a connection of the pool, as PostgresEngine does."""
        connection = _AsyncConnection(await self.take(give_up), self, give_up)
        try:
            yield connection
        finally:
            if connection.lent:
                await self.give_back(connection.raw)

    async def take(self, give_up: float | None = None) -> WatchedAsyncConnection:
        """Return a connection of the pool that is alive, as PostgresEngine does."""
        give_up = monotonic() + self.patience if give_up is None else give_up
        try:
            while True:
                lent = await self._pool.getconn(max(0, give_up - monotonic()))
                if _is_alive(lent, self.silent_at):
                    return lent
                await self.give_back(lent)
        except _DRIVER_ERRORS as error:
            raise explained(error, self.url) from error

    async def give_back(self, lent: WatchedAsyncConnection) -> None:
        """Return a connection to the pool."""
        await self._pool.putconn(lent)

    async def close(self) -> None:
        """Close the pool and its connections."""
        await self._pool.close()


class _Connection:
    """A connection that is lent. Where it breaks, the next statement but a rollback goes to another one."""

    def __init__(self, raw: WatchedConnection, engine: PostgresEngine, give_up: float | None) -> None:
        self.raw = raw
        self.lent = True
        self._engine = engine
        self._give_up = give_up

    def perform(self, step: Statement | Load) -> Rows:
        if self.raw.closed:
            if step.name == "rollback":
                return []
            self.lent = False
            self._engine.give_back(self.raw)
            self.raw = self._engine.take(self._give_up)
            self.lent = True
        sql = load("postgres", step.name)
        in_transaction = _is_in_transaction(self.raw)
        try:
            rows = self._run(sql, step)
        except psycopg.Error as error:
            if not _is_lost(self.raw, error, self._engine.url):
                raise explained(error, self._engine.url) from error
            self.raw.close()
            loss = _loss(error, sql, in_transaction, self.raw, self._engine)
            self._give_up = self._give_up or loss.since + self._engine.patience
            raise loss from error
        self._give_up = None  # there is a server again
        return rows

    def _run(self, sql: Sql, step: Statement | Load) -> Rows:
        if isinstance(step, Load):
            with self.raw.cursor() as cursor, cursor.copy(sql.text) as copy:
                for row in step.rows:
                    copy.write_row(row)
            return []
        cursor = self.raw.execute(sql.text, step.parameters)
        return cursor.fetchall() if cursor.rownumber is not None else [(cursor.rowcount,)]


class _AsyncConnection:
    """The same for asyncio."""

    def __init__(
        self, raw: WatchedAsyncConnection, engine: AsyncPostgresEngine, give_up: float | None
    ) -> None:
        self.raw = raw
        self.lent = True
        self._engine = engine
        self._give_up = give_up

    async def perform(self, step: Statement | Load) -> Rows:
        if self.raw.closed:
            if step.name == "rollback":
                return []
            self.lent = False
            await self._engine.give_back(self.raw)
            self.raw = await self._engine.take(self._give_up)
            self.lent = True
        sql = load("postgres", step.name)
        in_transaction = _is_in_transaction(self.raw)
        try:
            rows = await self._run(sql, step)
        except psycopg.Error as error:
            if not _is_lost(self.raw, error, self._engine.url):
                raise explained(error, self._engine.url) from error
            await self.raw.close()
            loss = _loss(error, sql, in_transaction, self.raw, self._engine)
            self._give_up = self._give_up or loss.since + self._engine.patience
            raise loss from error
        self._give_up = None  # there is a server again
        return rows

    async def _run(self, sql: Sql, step: Statement | Load) -> Rows:
        if isinstance(step, Load):
            async with self.raw.cursor() as cursor, cursor.copy(sql.text) as copy:
                for row in step.rows:
                    await copy.write_row(row)
            return []
        cursor = await self.raw.execute(sql.text, step.parameters)
        return await cursor.fetchall() if cursor.rownumber is not None else [(cursor.rowcount,)]


_AnyConnection = WatchedConnection | WatchedAsyncConnection


def _is_in_transaction(connection: _AnyConnection) -> bool:
    return connection.pgconn.transaction_status != pq.TransactionStatus.IDLE


def _is_lost(connection: _AnyConnection, error: psycopg.Error, url: DatabaseUrl) -> bool:
    """Return whether the server, or its role of a primary, is gone."""
    state = error.sqlstate or ""
    demoted = state == "25006" and url.has_many_hosts
    return connection.closed or state.startswith(("57P0", "08", "25P03")) or demoted


def _loss(
    error: psycopg.Error,
    sql: Sql,
    in_transaction: bool,
    connection: _AnyConnection,
    engine: PostgresEngine | AsyncPostgresEngine,
) -> ConnectionLost | AnswerLost:
    """Return what a broken connection means for the statement that ran on it."""
    words = f"PostgreSQL: {error.diag.message_primary or error}"
    silent_since = connection.watch.silent_since
    if silent_since is not None:
        engine.silent_at = monotonic()
        words = (
            f"PostgreSQL has not answered for {engine.silent_at - silent_since:.0f} s, nor a new connection"
        )
    refused = error.sqlstate == "25006"
    settled = refused or (not sql.commits if in_transaction else not sql.writes)
    return ConnectionLost(words, silent_since) if settled else AnswerLost(words, silent_since)


_POOLED = (
    "; where a pooler hands each transaction to another connection, add prepare_threshold=none to the URL"
)
# SQLSTATEs, or their classes, that say what the caller can do; appendix A of PostgreSQL's manual lists them all.
_BY_STATE: list[tuple[str, type[StorageError], str]] = [
    ("40001", Repeatable, ""),
    ("40P01", Repeatable, ""),
    ("22", InvalidData, ""),
    ("54000", InvalidData, ""),  # an index holds no text of thousands of bytes
    ("42501", QueryFailed, "; ask the owner of the database for the right"),
    ("42P01", QueryFailed, "; has hostsdb init been run on this database and schema?"),
    ("26000", QueryFailed, _POOLED),
    ("42P05", QueryFailed, _POOLED),
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
