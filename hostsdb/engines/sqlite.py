"""SQLite, the default engine, with Python's sqlite3."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from contextlib import suppress
from functools import partial
from typing import Any

from hostsdb.engine_errors import ConstraintViolation
from hostsdb.engines.embedded import EmbeddedConnection
from hostsdb.engines.files import (
    OpenFile,
    cannot_open,
    check_not_inherited,
    check_regular,
    create_private,
    identity,
    remember_inherited,
)
from hostsdb.errors import ConnectionFailed, InvalidData, QueryFailed, StorageError
from hostsdb.operations.nesting import NO_TRANSACTION
from hostsdb.operations.retry import LOCK_TIMEOUT
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.sql_files import load
from hostsdb.unreadable import Undecodable
from hostsdb.url import DatabaseUrl, Dialect

# SQLite waits for a lock in slices of so many seconds. An interrupt ends the wait between two slices.
_BUSY_SLICE = 0.1

# The files beside a database in WAL mode.
_COMPANIONS = ("-wal", "-shm")
# How often to look whether the database is in WAL mode now, in seconds: it takes as long as the check of the file.
_LOOK_INTERVAL = 1.0

# sqlite3 has no attribute for the constraint's name. A CHECK's message ends with it, our triggers' begin with it.
_CONSTRAINT = re.compile(r"(?:CHECK constraint failed: |)(\w+)")


class SQLiteConnection(EmbeddedConnection):
    """A connection to one file. Only our own statements begin and end transactions."""

    dialect: Dialect = "sqlite"

    def __init__(self, url: DatabaseUrl) -> None:
        self._path = url.path
        if url.path != ":memory:":
            try:
                check_regular(url.path)
                check_not_inherited(url.path)
                create_private(url.path)
            except OSError as error:
                raise self._storage_error(error) from error
        self.open_file(url.path)
        self.bind()

    def reopen(self) -> None:
        """Open the file with this path."""
        self._interrupted = False
        self._is_given_out = True
        self._companions: dict[str, tuple[int, int]] = {}
        self._next_look = 0.0
        try:
            self._raw = sqlite3.connect(
                self.file.path, timeout=LOCK_TIMEOUT, isolation_level=None, check_same_thread=False
            )
            # A commit survives a power failure.
            self._raw.execute("PRAGMA synchronous = FULL")
            self._raw.execute("PRAGMA temp_store = MEMORY")
            self.reset()
        except (sqlite3.Error, OSError) as error:
            if hasattr(self, "_raw"):
                self._raw.close()
            raise self._storage_error(error) from error

    def follow_file(self) -> None:
        """Open the file that has taken the place of the open one; see EmbeddedConnection."""
        if not self.file.is_in_place():
            super().follow_file()
        if self._companions or time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + _LOOK_INTERVAL
        if self._path != ":memory:" and identity(f"{self.file.path}-wal") is not None:
            found = {suffix: identity(self.file.path + suffix) for suffix in _COMPANIONS}
            self._companions = {suffix: it for suffix, it in found.items() if it is not None}

    def leave_file(self) -> None:
        """Close a file whose place another one has taken.

        SQLite would apply the write-ahead log of this file to the other one.
        """
        with suppress(sqlite3.Error):
            self._raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._raw.close()
        for suffix, found in self._companions.items():
            if identity(self.file.path + suffix) == found:
                os.unlink(self.file.path + suffix)

    @property
    def raw(self) -> sqlite3.Connection:
        """The connection of sqlite3. The next `reset` restores our settings."""
        self._is_given_out = True
        return self._raw

    def _perform(self, step: Statement | Load) -> Rows:
        sql = load("sqlite", step.name)
        try:
            self._prepare(step)
            if isinstance(step, Load):
                sqlite3.Cursor(self._raw).executemany(sql.text, step.rows)
                return []
            if step.name == "rollback" and not self._raw.in_transaction:
                return []  # SQLite has rolled back by itself, e.g. because the disk is full
            try:
                return self._execute(sql.text, step)
            except sqlite3.OperationalError as error:
                if sql.writes or not str(error).startswith("Could not decode to UTF-8"):
                    raise
                return self._read_undecodable(sql.text, step)
        except sqlite3.Error as error:
            raise self._storage_error(error) from error
        except OverflowError as error:
            raise InvalidData("a number is too large for SQLite; it holds 63 bits") from error

    def _prepare(self, step: Statement | Load) -> None:
        if self._is_given_out:
            self._raw.text_factory = str
        if step.name == "savepoint" and not self._raw.in_transaction:
            self._begin()  # else the savepoint would be a transaction

    def _begin(self) -> None:
        raise QueryFailed(NO_TRANSACTION)

    def _execute(self, sql: str, step: Statement) -> Rows:
        deadline = None
        while True:
            cursor = sqlite3.Cursor(self._raw)  # without the row_factory of a connection that is given out
            try:
                cursor.execute(sql, step.parameters)
                found = cursor.fetchall()
                # The description comes last: building it takes as long as fetching a row.
                return found if found or cursor.description else [(cursor.rowcount,)]
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or self._interrupted:
                    raise
                if deadline is None:
                    timeout = step.parameters.get("lock_timeout", LOCK_TIMEOUT)
                    deadline = time.monotonic() - _BUSY_SLICE + timeout
                if time.monotonic() > deadline:
                    raise
            except BaseException:  # Ctrl-C, say: no savepoint can be released while a statement has rows left
                cursor.close()
                raise

    def _read_undecodable(self, sql: str, step: Statement) -> Rows:
        """Return the rows of a query of which one has a text that is not UTF-8; see Undecodable.

        A text_factory in Python would double the time of every other query.
        """
        self._raw.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
        try:
            return list(map(_marked, self._execute(sql, step)))
        finally:
            self._raw.text_factory = str

    def reset(self) -> None:
        """Roll back an unfinished transaction, and restore our settings."""
        self._interrupted = False
        if self._raw.in_transaction:
            with suppress(sqlite3.Error):
                self._raw.execute("ROLLBACK")
        if self._is_given_out:
            self._is_given_out = False
            self._raw.row_factory, self._raw.text_factory = None, str
            if self._raw.isolation_level is not None:
                self._raw.isolation_level = None
            # A migration has set its own lock timeout.
            self._raw.execute(f"PRAGMA busy_timeout = {round(_BUSY_SLICE * 1000)}")

    def interrupt(self) -> None:
        """Cancel the running statement, from another thread."""
        self._interrupted = True
        super().interrupt()

    def _give_up(self, is_idle: bool) -> None:
        # A new connection of this process to the file would rely on the locks of an open one, and only the parent has
        # these. Closing an idle one changes nothing in the file: the parent still has its lock.
        if is_idle:
            self._raw.close()
        elif self._path != ":memory:":
            remember_inherited(self._path)

    def _storage_error(self, error: sqlite3.Error | OSError) -> StorageError:
        name = getattr(error, "sqlite_errorname", "") or ""
        if name.startswith("SQLITE_CONSTRAINT") and (match := _CONSTRAINT.match(str(error))):
            return ConstraintViolation(match[1], str(error))
        if _is_busy(error):
            return QueryFailed(
                f"another process has locked {self._path} for more than {LOCK_TIMEOUT:.0f} s; "
                "end its transaction and try again"
            )
        if name == "SQLITE_READONLY_DBMOVED":
            return self.file.lost()
        if name.startswith("SQLITE_CANTOPEN") or isinstance(error, OSError):
            return cannot_open(self._path, getattr(error, "strerror", None) or str(error))
        for prefix, kind, words in _BY_NAME:
            if name.startswith(prefix):
                return kind(words.format(path=self._path, error=error))
        if str(error).startswith("no such table"):  # SQLite has no code for it
            return QueryFailed(f"SQLite: {error}; run hostsdb init on this database first")
        return QueryFailed(f"SQLite: {error}")


class CallerSQLiteConnection(SQLiteConnection):
    """A connection of the caller's own. Its settings are changed for our statements only."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._raw = connection
        self._path = "the database"
        self.file: OpenFile = OpenFile(":memory:")
        self._interrupted = self._is_given_out = True  # the caller's busy_timeout decides how long to wait
        self.remember_process()

    def perform(self, step: Statement | Load) -> Rows:
        """Run a step; see operations.steps."""
        text_factory = self._raw.text_factory
        try:
            return super().perform(step)
        finally:
            self._raw.text_factory = text_factory

    def _begin(self) -> None:
        """Begin the transaction that sqlite3 would begin before the caller's next INSERT."""
        if self._raw.isolation_level is None or getattr(self._raw, "autocommit", -1) is True:
            raise QueryFailed(NO_TRANSACTION)
        is_deferred = self._raw.isolation_level in ("", "DEFERRED")
        self._raw.execute(load("sqlite", "begin_reading" if is_deferred else "begin").text)


_BY_NAME: list[tuple[str, type[StorageError], str]] = [
    ("SQLITE_NOTADB", ConnectionFailed, "{path} is not a SQLite database; use another file"),
    (
        "SQLITE_READONLY",
        QueryFailed,
        "this user may not write {path}, its -wal or -shm file, or its folder; change the permissions",
    ),
    (
        "SQLITE_FULL",
        QueryFailed,
        "the disk of {path} is full; nothing of this operation was stored; make room and try again",
    ),
    (
        "SQLITE_CORRUPT",
        QueryFailed,
        "{path} is damaged ({error}); restore a backup, or save its readable part with sqlite3 {path} .recover",
    ),
    (
        "SQLITE_IOERR",
        QueryFailed,
        "{path} cannot be read or written ({error}); check its disk, and make room if it is full",
    ),
]


def _marked(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row as an Undecodable if one of its texts has a lone surrogate."""
    try:
        for value in row:
            if isinstance(value, str) and not value.isascii():
                value.encode()
    except UnicodeEncodeError:
        return Undecodable(row)
    return row


def _is_busy(error: Exception) -> bool:
    return (getattr(error, "sqlite_errorname", "") or "").startswith("SQLITE_BUSY")
