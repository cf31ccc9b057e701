"""DuckDB: embedded, for analysis of the log."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from contextlib import suppress
from errno import EINVAL
from itertools import islice
from secrets import token_hex
from typing import Any

import duckdb

from hostsdb.engines.duckdb_errors import not_opened, storage_error
from hostsdb.engines.duckdb_memory import MemoryLimit
from hostsdb.engines.embedded import EmbeddedConnection
from hostsdb.engines.files import (
    OpenFile,
    check_not_inherited,
    check_regular,
    create_private,
    identity,
    is_open_here,
    remember_inherited,
)
from hostsdb.errors import ConnectionFailed
from hostsdb.operations.retry import LOCK_TIMEOUT
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.sql_files import load
from hostsdb.url import DatabaseUrl, Dialect

_LOAD_CHUNK = 10_000
# Longer than a tick of a kernel's clock, which is at most 10 ms, in seconds.
_TICK = 0.012
# Whether a transaction is open after a statement.
_BEGIN_OR_END = {"begin": True, "begin_reading": True, "commit": False, "rollback": False}
# A DuckDB file has DUCK at this offset. DuckDB would download an extension to open a file of SQLite.
_MAGIC_AT, _MAGIC = 8, b"DUCK"
# No thread may open a file with DuckDB while another one looks at its first bytes; see is_open_here.
_opening = threading.Lock()


class DuckDBConnection(EmbeddedConnection):
    """A connection to one file. No other process may have it open."""

    dialect: Dialect = "duckdb"

    def __init__(self, url: DatabaseUrl) -> None:
        self._path = url.path
        self.open_file(url.path)
        self.bind()

    def reopen(self) -> None:
        """Open the file with this path."""
        # An absolute path: DuckDB would attach `md:x`, `s3://x` or `postgres:x` as a remote database.
        self._file = self.file.path if self._path == ":memory:" else os.path.realpath(self.file.path)
        self._wal: tuple[int, int] | None = None
        self.raw: Any = self._opened()
        # Times are returned in UTC. A library shows no progress bar.
        self.raw.execute("SET TimeZone = 'UTC'")
        self.raw.execute("SET enable_progress_bar = false")
        self._memory = MemoryLimit(self.raw, self._file)
        self._in_transaction = False

    def follow_file(self) -> None:
        """Open the file that has taken the place of the open one; see EmbeddedConnection."""
        super().follow_file()
        if self._file != ":memory:":
            self._wal = identity(f"{self._file}.wal")

    def leave_file(self) -> None:
        """Close a file whose place another one has taken. DuckDB removes the write-ahead log with its name."""
        if self._wal != identity(f"{self._file}.wal"):
            with suppress(duckdb.Error):
                self.raw.execute("PRAGMA disable_checkpoint_on_shutdown")  # the log file is the other one's
        self.raw.close()
        self._memory.close()

    def close(self) -> None:
        """Close the file."""
        super().close()
        self._memory.close()

    def _opened(self) -> Any:
        deadline = time.monotonic() + LOCK_TIMEOUT
        while True:
            try:
                if self._file == ":memory:":
                    return duckdb.connect(self._file)
                with _opening:
                    check_not_inherited(self._file)
                    self._prepare_file()
                    self.file.remember()
                    return _connect(self._file)
            except (duckdb.Error, OSError) as error:
                locked = "Could not set lock on file" in str(error)  # DuckDB gives no code
                if not locked:
                    raise not_opened(error, self._path) from error
                if time.monotonic() > deadline:
                    raise ConnectionFailed(
                        f"{self._path} is open in another process, and DuckDB allows only one; end the other process"
                    ) from error
                time.sleep(0.05)

    def _prepare_file(self) -> None:
        if not os.path.exists(self._file):
            _create(self._file)
        check_regular(self._path)  # opening a pipe would wait for a writer
        if is_open_here(self._file):
            return  # DuckDB has accepted it, and to close it again would release DuckDB's lock
        with open(self._file, "rb") as file:
            head = file.read(_MAGIC_AT + len(_MAGIC))
        if not head.endswith(_MAGIC) or len(head) != _MAGIC_AT + len(_MAGIC):
            what = "not a DuckDB database" if head else "empty, which a DuckDB database never is"
            raise OSError(EINVAL, f"it is {what}; use another file, or move this one away")

    def prepare_write(self) -> None:
        """Create the write-ahead log file with private permissions: DuckDB would let every user read it.

        DuckDB removes the file at a checkpoint, and creates another one at the next commit.
        """
        if self._file != ":memory:":
            with suppress(OSError):  # DuckDB reports the cause when it writes
                create_private(f"{self._file}.wal", like=self._file)
                self._wal = identity(f"{self._file}.wal")

    def _perform(self, step: Statement | Load) -> Rows:
        sql = load("duckdb", step.name)
        try:
            if isinstance(step, Load):
                rows = iter(step.rows)
                # One JSON parameter: executemany takes milliseconds for each row.
                while chunk := list(islice(rows, _LOAD_CHUNK)):
                    self.raw.execute(sql.text, {"rows": json.dumps(chunk)})
                return []
            parameters = {name: step.parameters[name] for name in sql.parameters}
            self._in_transaction = _BEGIN_OR_END.get(step.name, self._in_transaction)
            if sql.writes:
                self.prepare_write()
            self._memory.before(step.name)
            answer: Rows = self.raw.execute(sql.text, parameters).fetchall()
            if step.name == "rollback":
                self._memory.restore()
            return answer
        except duckdb.Error as error:
            if step.name == "rollback":
                return []  # a fatal error has ended the transaction, and is reported
            raise storage_error(error, self._path) from error
        except RuntimeError as error:
            # DuckDB reports Ctrl-C and interrupt() this way.
            raise KeyboardInterrupt from error

    def _give_up(self, is_idle: bool) -> None:
        # DuckDB would give this process the parent's open database again, without a lock on the file.
        if self._file != ":memory:":
            remember_inherited(self._file)

    def reset(self) -> None:
        """Roll back an unfinished transaction, and restore the memory limit."""
        if self._in_transaction:
            self._in_transaction = False
            with suppress(duckdb.Error):
                self.raw.execute("ROLLBACK")
        with suppress(duckdb.Error):
            self._memory.restore()


class CallerDuckDBConnection(DuckDBConnection):
    """A connection of the caller's own."""

    def __init__(self, connection: Any) -> None:
        self.raw = connection
        self._path, self._file = "the database", ":memory:"
        self.file: OpenFile = OpenFile(":memory:")
        self._memory = MemoryLimit(connection, self._file)
        self._in_transaction = True
        self.remember_process()


def _connect(path: str) -> Any:
    """Open a database as it is on the disk.

    DuckDB 2.0.1 reads the head of a file before it locks the file. If another process has the file open until then, its
    last changes would not be seen, and would be overwritten. So the file must not have changed since before that.
    """
    if is_open_here(path):
        return duckdb.connect(path)
    while True:
        before = os.stat(path)
        # Two changes within one tick of the kernel's clock have the same time.
        time.sleep(min(max(0.0, before.st_mtime + _TICK - time.time()), _TICK))
        connection = duckdb.connect(path)
        after = os.stat(path)
        if (after.st_mtime_ns, after.st_size) == (before.st_mtime_ns, before.st_size):
            return connection
        connection.close()


def _create(path: str) -> None:
    """Create an empty database that only its owner can read, completely or not at all.

    DuckDB writes the headers of a new file before it locks it. Another process, or a kill, could see a file that is
    not a database. So DuckDB makes another file, and a copy of it gets the name. Its time is not new: see _connect.
    """
    # Random names: an attacker cannot place links there.
    made, copy = (f"{path}.{token_hex(8)}.new" for _ in range(2))
    try:
        duckdb.connect(made).close()
        create_private(copy)
        shutil.copyfile(made, copy)
        with open(copy, "rb+") as file:
            os.fsync(file.fileno())
        os.utime(copy, (made_at := time.time() - 1, made_at))
        with suppress(FileExistsError):  # another process was faster
            # On Windows, rename does not replace a file. Elsewhere it would.
            os.rename(copy, path) if os.name == "nt" else os.link(copy, path)
    finally:
        for name in (made, copy):
            with suppress(FileNotFoundError):
                os.unlink(name)
