"""DuckDB: embedded, for analytics on the log."""

from __future__ import annotations

import json
import os
import re
import time
from contextlib import suppress
from itertools import islice
from typing import Any

import duckdb

from hostsdb.engines.refusals import Refused, Repeatable
from hostsdb.errors import ConnectionFailed, InvalidData, QueryFailed, StorageError
from hostsdb.operations.steps import Load, Rows, Statement
from hostsdb.statements import load
from hostsdb.url import DatabaseUrl, Dialect

# How long to wait for another process that has the file open, in seconds.
_OPEN_TIMEOUT = 30.0
_LOAD_CHUNK = 10_000

# DuckDB forgets the names of constraints: a guard of ours begins with its name, a key with its first column, a CHECK
# is told by its expression. Where one statement brings a key twice, only the values are told, and no name is found.
# Each is looked for at the beginning: what follows may be a value, and say anything.
_GUARD = re.compile(r"Invalid Input Error: (\w+_(?:append_only|given|guard|deleted)): ")
_CONSTRAINT = re.compile(
    r'Constraint Error: (?:(?:Duplicate|Violates foreign key constraint because) key "(\w+): |CHECK .* CHECK\((.*)\))'
)
_NAMES = {
    "event_id": "host_events_pkey",
    "aggregate_id": "host_events_one_successor",
    "ip_address": "host_entries_ip_address_hostname",
    "position": "host_events_position",
    "snapshot_id": "snapshots_pkey",
    "(event_version > expected_version)": "host_events_version_grows",
    "((event_type = 'HostCreated') = (expected_version IS NULL))": "host_events_first_creates",
}


class DuckDBConnection:
    """A connection to one file, which no other process has open."""

    dialect: Dialect = "duckdb"

    def __init__(self, url: DatabaseUrl) -> None:
        self._path = url.path
        self.raw = self._opened()
        # Times come back in UTC; a library draws no progress bars.
        self.raw.execute("SET TimeZone = 'UTC'")
        self.raw.execute("SET enable_progress_bar = false")
        self._in_transaction = False

    def _opened(self) -> Any:
        give_up = time.monotonic() + _OPEN_TIMEOUT
        while True:
            try:
                if self._path != ":memory:" and not os.path.exists(self._path):
                    _create(self._path)
                return duckdb.connect(self._path)
            except (duckdb.Error, OSError) as error:
                locked = "lock" in str(error)  # DuckDB gives no code
                if not locked or time.monotonic() > give_up:
                    raise self._not_opened(error, locked) from error
                time.sleep(0.05)

    def _not_opened(self, error: duckdb.Error | OSError, locked: bool) -> ConnectionFailed:
        if locked:
            return ConnectionFailed(
                f"{self._path} is open in another process, and DuckDB allows one; end that one"
            )
        return ConnectionFailed(f"cannot open {self._path}: {_words(error)}")

    def perform(self, step: Statement | Load) -> Rows:
        """Run a step; see operations.steps."""
        sql = load("duckdb", step.name)
        try:
            if isinstance(step, Load):
                return self._load(sql.text, step)
            parameters = {name: step.parameters[name] for name in sql.parameters}
            self._in_transaction = {
                "begin": True,
                "begin_verify": True,
                "commit": False,
                "rollback": False,
            }.get(step.name, self._in_transaction)
            answer: Rows = self.raw.execute(sql.text, parameters).fetchall()
            return answer
        except duckdb.Error as error:
            raise _explained(error) from error
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
    made = f"{path}.{os.getpid()}.new"
    try:
        duckdb.connect(made).close()
        os.chmod(made, 0o600)
        with suppress(FileExistsError):  # another process was faster
            os.link(made, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(made)


def _explained(error: duckdb.Error) -> StorageError:
    words = _words(error)
    if isinstance(error, duckdb.TransactionException):
        return Repeatable(f"DuckDB: {words}")
    if guard := _GUARD.match(words):
        return Refused(guard[1], words)
    if isinstance(error, duckdb.ConstraintException):
        told = _CONSTRAINT.match(words)
        return Refused(_NAMES.get(told[1] or told[2], "") if told else "", words)
    if isinstance(
        error, duckdb.ConversionException | duckdb.InvalidInputException | duckdb.OutOfRangeException
    ):
        return InvalidData(f"DuckDB cannot store this: {words}")
    if isinstance(error, duckdb.ConnectionException):
        return ConnectionFailed(f"DuckDB: {words}")
    if isinstance(error, duckdb.CatalogException):
        return QueryFailed(f"DuckDB: {words}; has hostsdb init been run on this database?")
    return QueryFailed(f"DuckDB: {words}")


def _words(error: Exception) -> str:
    """Return the first line: the others show the statement."""
    return str(error).split("\n", 1)[0]
