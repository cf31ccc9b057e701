"""A connection of a pool of PostgreSQL connections, for one `with` block."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Any, Self
from weakref import ref

import psycopg
from psycopg import pq
from psycopg_pool import PoolClosed

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
# What may be raised in a thread between any two of its instructions. GeneratorExit is what a generator gets of it.
_INTERRUPTS = (KeyboardInterrupt, SystemExit, GeneratorExit)


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
                yield from self._take(deadline)
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
        except _INTERRUPTS:
            engine.replace()
            raise

    def _take(self, deadline: float) -> Calls[None]:
        """Take a connection from the pool, or from a new one if the pool is replaced meanwhile."""
        engine = self._engine
        if len(engine.used) >= engine.url.pool.max_connections:
            for pool, connection in engine.abandoned():
                yield pool.putconn(connection)
        while not self._checked_out:
            pool = engine.pool
            try:
                self.raw = yield pool.getconn(max(0, deadline - monotonic()))
                self._pool, self._checked_out = pool, True
            except PoolClosed:
                if pool is engine.pool:
                    raise
        engine.used[self.raw] = ref(self), self._pool

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
            try:
                self._checked_out = False
                self._engine.used.pop(self.raw, None)
                yield self._pool.putconn(self.raw)
            except _INTERRUPTS:
                self._engine.replace()
                raise

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
        try:
            return finish(self._checkout())
        except _INTERRUPTS:
            finish(self._checkin())
            raise

    def __exit__(self, *error: object) -> None:
        try:
            finish(self._checkin())
        except _INTERRUPTS:
            finish(self._checkin())  # it may not have begun
            raise


class AsyncPostgresConnection(AsyncSession, _Connection):
    """A connection for asyncio."""

    _sleep = staticmethod(asyncio.sleep)

    async def __aenter__(self) -> Self:
        return await finish_async(self._checkout())

    async def __aexit__(self, *error: object) -> None:
        await finish_async(self._checkin())
