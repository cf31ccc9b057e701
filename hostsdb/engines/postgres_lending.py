"""A connection that a pool lends, and what it means for a statement when it breaks."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Self

import psycopg
from psycopg import pq

from hostsdb.engines.losses import AnswerLost, ConnectionLost
from hostsdb.engines.postgres_errors import explained
from hostsdb.engines.silence import WatchedAsyncConnection, WatchedConnection
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.statements import Sql, load
from hostsdb.url import DatabaseUrl

if TYPE_CHECKING:
    from hostsdb.engines.postgres import AsyncPostgresEngine, PostgresEngine


class LentConnection:
    """A connection that is lent for a `with` block; the pool rolls back what was left unfinished.

    Where it breaks, the next statement but a rollback goes to another one.

    Attributes:
        raw: the driver's own.
    """

    raw: WatchedConnection

    def __init__(self, engine: PostgresEngine, give_up: float | None) -> None:
        self._engine = engine
        self._give_up = give_up
        self._lent = False

    def __enter__(self) -> Self:
        self.raw = self._engine.take(self._give_up)
        self._lent = True
        return self

    def __exit__(self, *error: object) -> None:
        if self._lent:
            self._engine.give_back(self.raw)

    def perform(self, step: Statement | Load) -> Rows:
        """Run a step; see operations.steps."""
        if self.raw.closed:
            if step.name == "rollback":
                return []
            self._lent = False
            self._engine.give_back(self.raw)
            self.raw = self._engine.take(self._give_up)
            self._lent = True
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


class LentAsyncConnection:
    """The same for asyncio."""

    raw: WatchedAsyncConnection

    def __init__(self, engine: AsyncPostgresEngine, give_up: float | None) -> None:
        self._engine = engine
        self._give_up = give_up
        self._lent = False

    async def __aenter__(self) -> Self:
        self.raw = await self._engine.take(self._give_up)
        self._lent = True
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._lent:
            await self._engine.give_back(self.raw)

    async def perform(self, step: Statement | Load) -> Rows:
        """Run a step; see operations.steps."""
        if self.raw.closed:
            if step.name == "rollback":
                return []
            self._lent = False
            await self._engine.give_back(self.raw)
            self.raw = await self._engine.take(self._give_up)
            self._lent = True
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
