"""What the embedded engines share: one connection, used by one operation at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from time import monotonic
from typing import Any

from hostsdb.engines.files import OpenFile
from hostsdb.engines.forking import FORK_TIMEOUT, ProcessBound
from hostsdb.engines.writable import Writable
from hostsdb.errors import ConnectionFailed, QueryFailed, StorageError
from hostsdb.model import PoolStats
from hostsdb.operations.retry import LOCK_TIMEOUT
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.reports import inform
from hostsdb.sql_files import load
from hostsdb.url import Dialect

CHECKED_OUT = (
    "this engine has one connection, and the block of consuming() or transaction() uses it; "
    "use what the block gives, or leave the block first"
)
BUSY = "this engine has one connection, and another block of consuming() or transaction() uses it; try again later"


class EmbeddedConnection(ProcessBound):
    """The connection of an embedded engine.

    Attributes:
        dialect: the dialect of the engine.
        raw: the connection of sqlite3 or duckdb.
        file: the file that `raw` has open.
        lock: held by the thread that uses the connection.
        holder: the identifier of this thread.
    """

    dialect: Dialect
    raw: Any
    file: OpenFile

    def open_file(self, path: str) -> None:
        """Open a file for the first time, with `reopen`."""
        self.file = OpenFile(path)
        self.file.remember()
        self.reopen()

    def reopen(self) -> None:
        """Open the file with this path, and set `raw`."""
        raise NotImplementedError

    def leave_file(self) -> None:
        """Close a file whose place another one has taken."""
        self.raw.close()

    def follow_file(self) -> None:
        """Open the file that has taken the place of the open one, if there is one.

        Raises:
            ConnectionFailed: the file was removed, or the new one cannot be opened.
        """
        while not self.file.is_in_place():
            self.file.check_exists()
            inform("another file has the name of the open database now; opening that one")
            self.leave_file()
            self.file.remember()
            try:
                self.reopen()
            except StorageError:
                self.file.forget()
                raise

    def bind(self) -> None:
        """Bind it to this process, when the file is open."""
        self.lock: threading.Lock = threading.Lock()
        self.holder: int | None = None
        self._is_paused = False
        super().bind()

    @property
    def is_used_here(self) -> bool:
        """Whether this thread uses the connection."""
        return self.holder == threading.get_ident() and self.lock.locked()

    def perform(self, step: Statement | Load) -> Rows:
        """Run a step and return its rows; see operations.steps."""
        if self.leaves_out(step):
            return []
        if not load(self.dialect, step.name).writes:
            return self._perform(step)
        if not self.file.is_in_place():
            raise self.file.lost()
        rows = self._perform(step)
        if not self.file.is_in_place():
            raise self.file.lost()
        return rows

    def _perform(self, step: Statement | Load) -> Rows:
        raise NotImplementedError

    def prepare_write(self) -> None:
        """Prepare for writes through `raw`."""

    def reset(self) -> None:
        """Roll back an unfinished transaction."""
        raise NotImplementedError

    def interrupt(self) -> None:
        """Cancel the running statement, from another thread."""
        self.raw.interrupt()

    def close(self) -> None:
        """Close the file."""
        self.raw.close()
        self.forget()

    def before_fork(self) -> None:
        """Wait for the running operation of another thread. The child does not have this thread."""
        self._is_paused = not self.is_used_here and self.lock.acquire(timeout=FORK_TIMEOUT)

    def after_fork_in_parent(self) -> None:
        """Let other threads go on."""
        if self._is_paused:
            self._is_paused = False
            self.lock.release()

    def after_fork_in_child(self) -> None:
        """Give up the file."""
        self._give_up(is_idle=self._is_paused)

    def _give_up(self, is_idle: bool) -> None:
        """Give up the file in a forked child. `is_idle`: no thread used the connection at the fork."""
        raise NotImplementedError


class _TimedLock:
    """A lock that is waited for until a deadline. See driver.Engine for what Ctrl-C may do."""

    def __init__(self, lock: threading.Lock, deadline: float) -> None:
        self._lock, self._deadline = lock, deadline

    def __enter__(self) -> None:
        acquired: list[bool] = []
        try:
            # One call in C acquires the lock and notes it.
            acquired.extend(map(self._lock.acquire, (True,), (max(0, self._deadline - monotonic()),)))
            if not acquired[0]:
                raise QueryFailed(BUSY)
        except BaseException:
            if any(acquired):
                self._lock.release()
            raise

    @property
    def __exit__(self) -> Any:
        return self._lock.__exit__


class _Checkout:
    """The connection, for one block. With contextlib a short query takes a tenth more time."""

    __slots__ = ("_connection", "_engine")

    def __init__(self, engine: EmbeddedEngine) -> None:
        self._engine, self._connection = engine, engine._connection

    def __enter__(self) -> EmbeddedConnection:
        connection = self._connection
        self._engine.check_open()
        if connection.holder is not None:  # Ctrl-C has ended a thread before its __exit__
            connection.reset()
        connection.follow_file()
        connection.holder = threading.get_ident()
        return connection

    def __exit__(self, *error: object) -> None:
        connection = self._connection
        if not connection.is_inherited:
            connection.reset()
        connection.holder = None


class EmbeddedEngine:
    """One connection for all threads. These engines allow one writer at a time."""

    retry_timeout: float = LOCK_TIMEOUT

    def __init__(self, connection: EmbeddedConnection) -> None:
        self._connection = connection
        self.closed: bool = False

    def lock(self, deadline: float | None = None) -> AbstractContextManager[Any]:
        """Return the lock of the connection; see driver.Engine.

        Arguments:
            deadline: the time.monotonic() until which to wait for it; None: no limit.
        Raises:
            QueryFailed: this thread has it.
        """
        self._connection.check_process()  # first: in a child the lock may be held for ever
        if self._connection.is_used_here:
            raise QueryFailed(CHECKED_OUT)
        lock = self._connection.lock
        return lock if deadline is None else _TimedLock(lock, deadline)

    def connection(self, deadline: float | None = None, writable: Writable = "any") -> _Checkout:
        """Return a context manager for the connection. It rolls back an unfinished transaction afterwards.

        Arguments:
            deadline, writable: for PostgreSQL only.
        """
        return _Checkout(self)

    @contextmanager
    def exclusive(self) -> Iterator[Any]:
        """Give the driver's connection, for work on the schema."""
        with self.lock(), self.connection() as connection:
            connection.prepare_write()
            yield connection.raw

    @property
    def is_inherited(self) -> bool:
        """Whether a parent of this process has opened the file."""
        return self._connection.is_inherited

    def interrupt(self) -> None:
        """Cancel the running statement, from another thread."""
        if not self.closed:
            self._connection.interrupt()

    def pool_stats(self) -> PoolStats:
        """Return the numbers of connections: there is one. Waiting callers are not counted."""
        return PoolStats(
            1, int(not self.closed), int(not self.closed and not self._connection.lock.locked()), 0
        )

    def check_open(self) -> None:
        """Raise ConnectionFailed if the connection is closed, or a parent of this process has opened it."""
        self._connection.check_process()
        if self.closed:
            raise ConnectionFailed("this storage is closed; connect again")

    def close(self) -> None:
        """Close the connection, after the running operation. Do nothing in a forked child."""
        if self.is_inherited:
            return
        with self._connection.lock:
            if not self.closed:
                self.closed = True
                self._connection.close()
