"""Running steps on a psycopg connection, for threads or for asyncio."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.rows import tuple_row

from hostsdb.engines.calls import Calls, finish, finish_async
from hostsdb.engines.postgres_times import rows_with_times_as_text
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.sql_files import Sql
from hostsdb.url import Dialect


class _Plain:
    """A cursor without the row factory and the adapters of its connection: an application may have set others."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection, row_factory=tuple_row)  # type: ignore[call-arg]

    @property
    def adapters(self) -> AdaptersMap:
        if "_plain_adapters" not in vars(self):
            self._plain_adapters = AdaptersMap(psycopg.adapters)
        return self._plain_adapters


class _Cursor(_Plain, psycopg.Cursor[Any]):
    pass


class _AsyncCursor(_Plain, psycopg.AsyncCursor[Any]):
    pass


class Session:
    """What the connections for threads and for asyncio share."""

    dialect: Dialect = "postgres"
    raw: Any  # psycopg's connection
    _cursor: type[_Cursor] | type[_AsyncCursor]

    def _perform(self, step: Statement | Load) -> Calls[Rows]:
        raise NotImplementedError

    def _run(self, sql: Sql, step: Statement | Load) -> Calls[Rows]:
        if isinstance(step, Load):
            yield self._load(sql.text, step)
            return []
        cursor = self._cursor(self.raw)
        yield cursor.execute(sql.text, step.parameters)
        if cursor.rownumber is None:
            return [(cursor.rowcount,)]
        try:
            rows: Rows = yield cursor.fetchall()
            return rows
        except psycopg.DataError:
            return rows_with_times_as_text(cursor)

    def _load(self, sql: str, step: Load) -> Any:
        raise NotImplementedError


class SyncSession(Session):
    """Runs steps for threads."""

    _cursor = _Cursor

    def perform(self, step: Statement | Load) -> Rows:
        """Run a step; see operations.steps."""
        return finish(self._perform(step))

    def _load(self, sql: str, step: Load) -> None:
        with _Cursor(self.raw) as cursor, cursor.copy(sql) as copy:
            for row in step.rows:
                copy.write_row(row)


class AsyncSession(Session):
    """Runs steps for asyncio."""

    _cursor = _AsyncCursor

    async def perform(self, step: Statement | Load) -> Rows:
        """Run a step; see operations.steps."""
        return await finish_async(self._perform(step))

    async def _load(self, sql: str, step: Load) -> None:
        async with _AsyncCursor(self.raw) as cursor, cursor.copy(sql) as copy:
            for row in step.rows:
                await copy.write_row(row)
