"""A psycopg connection of the caller's own, in the caller's transaction."""

from __future__ import annotations

from typing import Any

import psycopg

from hostsdb.engine_errors import ConnectionLost
from hostsdb.engines.calls import Calls
from hostsdb.engines.postgres_errors import storage_error
from hostsdb.engines.postgres_session import AsyncSession, Session, SyncSession
from hostsdb.engines.postgres_statements import statement_name
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.sql_files import load


class _Caller(Session):
    def __init__(self, connection: Any) -> None:
        self.raw = connection

    def _perform(self, step: Statement | Load) -> Calls[Rows]:
        try:
            return (yield from self._run(load("postgres", statement_name(step)), step))
        except psycopg.Error as error:
            if self.raw.closed:
                raise ConnectionLost(f"PostgreSQL: {error.diag.message_primary or error}") from error
            raise storage_error(error) from error


class CallerPostgresConnection(SyncSession, _Caller):
    """A connection of the caller's own, for threads."""


class AsyncCallerPostgresConnection(AsyncSession, _Caller):
    """A connection of the caller's own, for asyncio."""
