"""The errors of DuckDB, mapped to hostsdb's. They have no codes, so the class and the message decide."""

from __future__ import annotations

import re

import duckdb

from hostsdb.engine_errors import ConstraintViolation, TransientError
from hostsdb.engines.files import cannot_open
from hostsdb.errors import ConnectionFailed, InvalidData, QueryFailed, StorageError

# A file name follows these texts, so no stored value can match.
_FILE_FAILED = re.compile(
    r"(?:TransactionContext Error: Failed to commit|IO Error|FATAL Error:[^\"]*): (?:Could not|Cannot) \w+ file"
)

# A commit that lacks memory, or disk space for the temporary files, has the class of a conflict.
_NO_MEMORY = re.compile(
    r"Out of Memory Error: "
    r"|(?P<commit>TransactionContext Error: Failed to commit: )"
    r"(?:[Ff]ailed to|[Cc]ould not) (?:pin|allocate|offload) "
)
_INVALIDATED = re.compile(r"FATAL Error: Failed: database has been invalidated because of a previous")

# DuckDB does not report the names of constraints. The message of our guards begins with a name, the message of a key
# with its first column, the message of a CHECK has the table and the expression. If one statement has a key twice, the
# message has only the values, and no name is found. Only the beginning is matched: a value may follow, with any text.
_GUARD = re.compile(
    r"Invalid Input Error: ((?:host_events|host_entries|log_head|eras\w+|replica_of|snapshots)_\w+): "
)
_KEY = re.compile(r'Constraint Error: Duplicate key "(\w+): ')
_CHECK = re.compile(r'Constraint Error: CHECK constraint failed on table "(\w+)" with expression (CHECK.*)')
_KEYS = {
    "event_id": "host_events_pkey",
    "aggregate_id": "host_events_one_successor",
    "ip_address": "host_entries_ip_address_hostname",
    "position": "host_events_position",
    "snapshot_id": "snapshots_pkey",
}
# The first of these texts that the expression contains says which constraint of the table it is.
_CHECKS = {
    "json_valid(": "json",
    ".contains(": "no_nul",
    ".strlen(": "size",
    "9999-12-31": "time",
    "regexp_full_match(event_version": "version_is_ulid",
    "regexp_full_match(leaf": "leaf",
    "event_version > expected_version": "version_grows",
    "event_type = 'HostCreated'": "first_creates",
    "!= ''": "not_empty",
    "entry_count >=": "entry_count",
    '"position" >=': "position",
}
_ABORTED = "TransactionContext Error: Current transaction is aborted (please ROLLBACK)"
_DAMAGED = re.compile(r"(?:\w+ Error: )?(?:Corrupt database file|Could not read enough bytes from file)")
# What to do, by the system's message.
_ADVICE = {
    "No space left on device": "make room on its disk and repeat it",
    "Permission denied": "make the file and its folder writable for this user",
    "Read-only file system": "make the file and its folder writable for this user",
}


def storage_error(error: duckdb.Error, path: str) -> StorageError:
    """Map the error of a statement on the database at a path."""
    message = first_line(error)
    if _DAMAGED.match(message):
        return QueryFailed(_damaged(message, path))
    if _INVALIDATED.match(message):
        return ConnectionFailed(
            f"DuckDB stopped using {path} after an earlier error, nothing of this operation was stored; close all "
            "connections of this process to it, connect again, then repeat it"
        )
    if isinstance(error, duckdb.FatalException):
        return ConnectionFailed(
            f"DuckDB has shut {path} off ({message}); when the cause is gone, close what this process has open "
            "there, connect again, and look whether the last change is stored before you repeat it"
        )
    if _FILE_FAILED.match(message):
        advice = next((advice for cause, advice in _ADVICE.items() if cause in message), "look at its disk")
        return QueryFailed(f"nothing of this operation was stored in {path} ({message}); {advice}")
    if no_memory := _NO_MEMORY.match(message):
        # DuckDB 2.0.1 invalidates the database at such a commit, 2.0.0 does not.
        reopen = "close the database and connect again, then " if no_memory["commit"] else ""
        return QueryFailed(
            f"DuckDB lacks memory, nothing of this operation was stored in {path} ({message}); {reopen}repeat it in "
            "smaller parts or with more memory"
        )
    if message == _ABORTED:
        return QueryFailed(
            "an earlier statement of this transaction failed, and DuckDB has no savepoints: nothing of the transaction "
            "is stored; roll it back and run it again"
        )
    if isinstance(error, duckdb.TransactionException):
        return TransientError(f"DuckDB: {message}")
    return _by_class(error, message)


def _by_class(error: duckdb.Error, message: str) -> StorageError:
    if (name := constraint_name(message)) or isinstance(error, duckdb.ConstraintException):
        return ConstraintViolation(name, message)
    if isinstance(
        error, duckdb.ConversionException | duckdb.InvalidInputException | duckdb.OutOfRangeException
    ):
        return InvalidData(f"DuckDB cannot store this: {message}")
    if isinstance(error, duckdb.ConnectionException):
        return ConnectionFailed(f"DuckDB: {message}")
    if isinstance(error, duckdb.CatalogException):
        return QueryFailed(f"DuckDB: {message}; run hostsdb init on this database first")
    return QueryFailed(f"DuckDB: {message}")


def constraint_name(message: str) -> str:
    """Return the name of the constraint or guard that the first line of a message is about; empty if it has none."""
    if guard := _GUARD.match(message):
        return guard[1]
    if key := _KEY.match(message):
        return _KEYS.get(key[1], "")
    if check := _CHECK.match(message):
        return next((f"{check[1]}_{name}" for text, name in _CHECKS.items() if text in check[2]), "")
    return ""


def not_opened(error: duckdb.Error | OSError, path: str) -> ConnectionFailed:
    """Map the error for a file that DuckDB or the system could not open."""
    message = first_line(error)
    if _DAMAGED.match(message):
        return ConnectionFailed(_damaged(message, path))
    return cannot_open(path, getattr(error, "strerror", None) or message)


def _damaged(message: str, path: str) -> str:
    return f"{path} is damaged ({message}); restore a backup"


def first_line(error: Exception) -> str:
    """Return the first line of the message. The other lines show the statement."""
    return str(error).split("\n", 1)[0]
