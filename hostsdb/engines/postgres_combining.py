"""Appends to PostgreSQL by more threads than the pool has connections: those that wait share a statement.

While the pool has a free connection, each append uses its own. Otherwise it waits in a line; see append_line. If the
statement for the line is refused, each thread runs its own statement, and gets its own result or error. If the
connection is lost, each thread gets this error as if its own statement had been running, and its operation goes on as
usual: the ids of the events make a retry safe.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import copy as duplicate
from dataclasses import replace
from time import monotonic
from typing import Any, Self

from psycopg_pool import PoolTimeout

from hostsdb.engine_errors import CommitUnknown, ConnectionLost
from hostsdb.engines.append_line import Append, AppendLine
from hostsdb.engines.calls import finish
from hostsdb.engines.postgres import PostgresEngine
from hostsdb.engines.postgres_connection import PostgresConnection
from hostsdb.engines.writable import Writable
from hostsdb.errors import StorageError
from hostsdb.model import PoolStats
from hostsdb.operations.steps import Load, Rows, Statement

# How long the statement waits for a lock. Only one append may need it, and the others must not wait for it.
_LOCK_TIMEOUT = "100ms"
# An append with more characters of JSON does not wait in the line.
_LONGEST = 100_000


class Combining:
    """An engine for operations that begin with an append; see driver.Engine.

    Arguments:
        engine: the pool.
    """

    def __init__(self, engine: PostgresEngine) -> None:
        self.engine = engine
        self.retry_timeout: float = engine.retry_timeout
        self.lock: Callable[..., AbstractContextManager[Any]] = engine.lock
        self.line: AppendLine = AppendLine(self._free, self._no_connection)

    def connection(self, deadline: float | None = None, writable: Writable = "any") -> PostgresConnection:
        """Return a connection of the pool, or one that waits in the line first. A retry never waits in the line."""
        if deadline is not None or writable != "any" or not self.line.is_open:
            return self.engine.connection(deadline, writable)
        self.engine.check_process()  # the line of a forked child may be locked
        return _CombiningConnection(self.engine, self.line)

    def pool_stats(self) -> PoolStats:
        """Return the numbers of the pool. The callers in the line wait too."""
        now = self.engine.pool_stats()
        return replace(now, waiting=now.waiting + self.line.length)

    def close(self) -> None:
        """Close the pool. Each caller in the line gets an error."""
        self.engine.close()

    def _free(self) -> int:
        """Return how many more callers would get a connection at once; less than 0 if callers wait for the pool."""
        now = self.engine.pool_stats()
        return now.max_connections - len(self.engine.used) - now.waiting

    def _no_connection(self) -> StorageError:
        timeout = PoolTimeout("no connection for the appends in the line")
        error = self.engine.no_connection(timeout, "")
        error.__cause__ = timeout
        return error


class _CombiningConnection(PostgresConnection):
    """A connection for one operation. Its first append waits in the line; another step takes a connection first."""

    def __init__(self, engine: PostgresEngine, line: AppendLine) -> None:
        super().__init__(engine, None, "any")
        self._line = line
        self._is_first = True

    def __enter__(self) -> Self:
        return self

    def check_out(self, deadline: float | None = None) -> None:
        """Wait for a connection of the pool, until the deadline if it is given; else as PostgresConnection does."""
        if not self._checked_out:
            earlier, self._deadline = self._deadline, deadline or self._deadline
            try:
                finish(self._checkout())
            finally:
                self._deadline = earlier

    def append_together(self, appends: list[Append]) -> Rows:
        """Run one statement for appends, and return the connection; see append_line.Leader."""
        events = ",".join(append.text[1:-1] for append in appends)
        parameters = {"events": f"[{events}]", "lock_timeout": _LOCK_TIMEOUT}
        rows = super().perform(Statement("append_combined", parameters))
        finish(self._checkin())
        return rows

    def perform(self, step: Statement | Load) -> Rows:
        """Run a step; see operations.steps."""
        append = _append(step, monotonic() + self._engine.retry_timeout) if self._is_first else None
        self._is_first = False
        if append is None:
            self.check_out()
            return super().perform(step)
        self._line.wait(append, self)
        if append.rows is not None:
            return append.rows
        if append.outcome is not None and not append.is_alone:
            self._raise_loss(
                append.outcome.error or CommitUnknown("the thread of the statement was interrupted")
            )
            self.check_out()  # refused; the time in the line does not count
        self.check_out(append.deadline)
        return super().perform(step)

    def _raise_loss(self, error: StorageError) -> None:
        """Raise the error of a lost connection, as if the statement of this append had been running."""
        if not isinstance(error, ConnectionLost | CommitUnknown):
            return
        if not self._checked_out:
            self._deadline = error.since + self._engine.retry_timeout
            if isinstance(error, CommitUnknown) or error.is_read_only:
                self._writable = "require"
        # The threads must not share an error: it has one traceback.
        raise duplicate(error) from error.__cause__


def _append(step: Statement | Load, deadline: float) -> Append | None:
    """Return a step as an append that can wait in the line; None for any other step.

    One with created_at cannot: only the owner of the schema may run such a statement.
    """
    if isinstance(step, Load) or step.parameters.get("created_at") is not None:
        return None
    events = []
    if step.name == "append_event":
        events = [{c: value for c, value in step.parameters.items() if value is not None and c != "now"}]
    elif step.name == "append_events" and len(step.parameters["events"]) <= _LONGEST:
        events = json.loads(step.parameters["events"])
    append = Append(events, deadline) if events else None
    return append if append and len(append.text) <= _LONGEST else None
