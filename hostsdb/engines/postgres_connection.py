"""A connection of a pool of PostgreSQL connections, for one `with` block."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Any, Self

import psycopg
from psycopg import pq

from hostsdb.engine_errors import CommitUnknown, ConnectionLost
from hostsdb.engines.calls import Calls, finish, finish_async
from hostsdb.engines.postgres_connect import accepts_writes
from hostsdb.engines.postgres_errors import DRIVER_ERRORS, storage_error
from hostsdb.engines.postgres_pool import PostgresPool
from hostsdb.engines.postgres_session import AsyncSession, Session, SyncSession
from hostsdb.engines.postgres_statements import statement_name
from hostsdb.engines.writable import Writable
from hostsdb.operations.retry import Backoff
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.sql_files import load

# Whether a transaction is open after a statement.
_BEGIN_OR_END = {"begin": True, "begin_reading": True, "commit": False, "rollback": False}


class _Connection(Session):
    """A connection of the pool for one `with` block. If it breaks, the next statement runs on a new one."""

    _sleep: Callable[[Any], Any]

    def __init__(self, engine: PostgresPool, deadline: float | None, writable: Writable) -> None:
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
