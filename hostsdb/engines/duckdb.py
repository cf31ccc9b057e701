"""DuckDB: embedded, for analytics on the log."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from errno import EINVAL
from itertools import islice
from secrets import token_hex
from typing import Any

import duckdb

from hostsdb.engines.duckdb_errors import not_opened, storage_error
from hostsdb.engines.files import check_ordinary, create_private
from hostsdb.errors import ConnectionFailed
from hostsdb.operations.retry import LOCK_TIMEOUT
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.sql_files import load
from hostsdb.url import DatabaseUrl, Dialect

_LOAD_CHUNK = 10_000
# Where a DuckDB file has DUCK. Another engine's file is not given to DuckDB: it would fetch an extension for SQLite's.
_MAGIC_AT, _MAGIC = 8, b"DUCK"


class DuckDBConnection:
    """A connection to one file, which no other process has open."""

    dialect: Dialect = "duckdb"

    def __init__(self, url: DatabaseUrl) -> None:
        self._path = url.path
        # Never as it is given: DuckDB takes `md:x`, `s3://x` or `postgres:x` for what it is to fetch and attach.
        self._file = url.path if url.path == ":memory:" else os.path.realpath(url.path)
        self.raw = self._opened()
        # Times come back in UTC; a library draws no progress bars.
        self.raw.execute("SET TimeZone = 'UTC'")
        self.raw.execute("SET enable_progress_bar = false")
        self._in_transaction = False

    def _opened(self) -> Any:
        deadline = time.monotonic() + LOCK_TIMEOUT
        while True:
            try:
                if self._file != ":memory:":
                    self._prepare_file()
                return duckdb.connect(self._file)
            except (duckdb.Error, OSError) as error:
                locked = "Could not set lock on file" in str(error)  # DuckDB gives no code
                if not locked or time.monotonic() > deadline:
                    raise (self._locked() if locked else not_opened(error, self._path)) from error
                time.sleep(0.05)

    def _prepare_file(self) -> None:
        if not os.path.exists(self._file):
            _create(self._file)
        check_ordinary(self._path)  # to open a pipe would be to wait for a writer
        with open(self._file, "rb") as file:
            head = file.read(_MAGIC_AT + len(_MAGIC))
        if not head.endswith(_MAGIC) or len(head) != _MAGIC_AT + len(_MAGIC):
            what = "is not a DuckDB database" if head else "is empty, which a DuckDB database never is"
            raise OSError(EINVAL, f"it {what}; name another file, or move this one away")

    def _locked(self) -> ConnectionFailed:
        return ConnectionFailed(
            f"{self._path} is open in another process, and DuckDB allows one; end that one"
        )

    def prepare_write(self) -> None:
        """Make the file of the write-ahead log before DuckDB does, which would let everybody read it.

        DuckDB removes it when it has written it into the database, and begins another at the next commit.
        """
        if self._file != ":memory:":
            with suppress(OSError):  # what is wrong there, DuckDB tells when it writes
                create_private(f"{self._file}.wal", like=self._file)

    def perform(self, step: Statement | Load) -> Rows:
        """Run a step; see operations.steps."""
        sql = load("duckdb", step.name)
        try:
            if isinstance(step, Load):
                return self._load(sql.text, step)
            parameters = {name: step.parameters[name] for name in sql.parameters}
            self._in_transaction = {
                "begin": True,
                "begin_reading": True,
                "commit": False,
                "rollback": False,
            }.get(step.name, self._in_transaction)
            if sql.writes:
                self.prepare_write()
            answer: Rows = self.raw.execute(sql.text, parameters).fetchall()
            return answer
        except duckdb.Error as error:
            if step.name == "rollback":
                return []  # a fatal error has ended the transaction too, and is what is to be told
            raise storage_error(error, self._path) from error
        except RuntimeError as error:
            # How DuckDB tells of Ctrl-C, and of interrupt().
            raise KeyboardInterrupt from error

    def _load(self, sql: str, step: Load) -> Rows:
        rows = iter(step.rows)
        # One parameter of JSON: executemany takes milliseconds a row here.
        while chunk := list(islice(rows, _LOAD_CHUNK)):
            self.raw.execute(sql, {"rows": json.dumps(chunk)})
        return []

    def reset(self) -> None:
        """Roll back what was left unfinished."""
        if self._in_transaction:
            self._in_transaction = False
            with suppress(duckdb.Error):
                self.raw.execute("ROLLBACK")

    def interrupt(self) -> None:
        """End the statement that runs, from another thread."""
        self.raw.interrupt()

    def close(self) -> None:
        """Close the file."""
        self.raw.close()


def _create(path: str) -> None:
    """Make an empty database that only its owner can read, whole or not at all.

    DuckDB itself writes a new file's headers before it locks the file: another process, or a kill, in between finds
    what is no database.
    """
    made = f"{path}.{token_hex(8)}.new"  # nobody can put a link there beforehand
    try:
        duckdb.connect(made).close()
        os.chmod(made, 0o600)
        with suppress(FileExistsError):  # another process was faster
            os.link(made, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(made)
