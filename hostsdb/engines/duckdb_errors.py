"""DuckDB's errors in our terms: it has no codes, so they are told by their class and their words."""

from __future__ import annotations

import re

import duckdb

from hostsdb.engines.files import cannot_open
from hostsdb.engines.refusals import Refused, Repeatable
from hostsdb.errors import ConnectionFailed, InvalidData, QueryFailed, StorageError

# Words of ours in front, and a file's name behind: no value that is stored can look like it.
_FILE_FAILED = re.compile(
    r"(?:TransactionContext Error: Failed to commit|IO Error|FATAL Error:[^\"]*): (?:Could not|Cannot) \w+ file"
)

# At the commit DuckDB tells of missing memory, or of room for what it moves out of it, by the class of a conflict.
_NO_MEMORY = re.compile(
    r"Out of Memory Error: "
    r"|TransactionContext Error: Failed to commit: (?:[Ff]ailed to|[Cc]ould not) (?:pin|allocate|offload) "
)

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
_DAMAGED = re.compile(r"(?:\w+ Error: )?(?:Corrupt database file|Could not read enough bytes from file)")
# What to do about it, by the system's words.
_ADVICE = {
    "No space left on device": "make room on its disk and repeat it",
    "Permission denied": "make the file and its folder writable for this user",
    "Read-only file system": "make the file and its folder writable for this user",
}


def explained(error: duckdb.Error, path: str) -> StorageError:
    """Return our error for one of DuckDB's.

    Arguments:
        error: what a statement raised.
        path: the database, as the user names it.
    """
    told = words(error)
    if _DAMAGED.match(told):
        return QueryFailed(_damaged(told, path))
    if isinstance(error, duckdb.FatalException):
        return ConnectionFailed(
            f"DuckDB has shut {path} off ({told}); when the cause is gone, close what this process has open "
            "there, connect again, and look whether the last change is stored before you repeat it"
        )
    if _FILE_FAILED.match(told):
        advice = next((advice for cause, advice in _ADVICE.items() if cause in told), "look at its disk")
        return QueryFailed(f"nothing of this operation was stored in {path} ({told}); {advice}")
    if _NO_MEMORY.match(told):
        return QueryFailed(
            f"DuckDB lacks memory, nothing of this operation was stored in {path} ({told}); repeat it in smaller "
            "parts, or where there is more memory"
        )
    if isinstance(error, duckdb.TransactionException):
        return Repeatable(f"DuckDB: {told}")
    return _refusal(error, told) or _by_class(error, told)


def _refusal(error: duckdb.Error, told: str) -> Refused | None:
    if guard := _GUARD.match(told):
        return Refused(guard[1], told)
    if isinstance(error, duckdb.ConstraintException):
        found = _CONSTRAINT.match(told)
        return Refused(_NAMES.get(found[1] or found[2], "") if found else "", told)
    return None


def _by_class(error: duckdb.Error, told: str) -> StorageError:
    if isinstance(
        error, duckdb.ConversionException | duckdb.InvalidInputException | duckdb.OutOfRangeException
    ):
        return InvalidData(f"DuckDB cannot store this: {told}")
    if isinstance(error, duckdb.ConnectionException):
        return ConnectionFailed(f"DuckDB: {told}")
    if isinstance(error, duckdb.CatalogException):
        return QueryFailed(f"DuckDB: {told}; has hostsdb init been run on this database?")
    return QueryFailed(f"DuckDB: {told}")


def not_opened(error: duckdb.Error | OSError, path: str) -> ConnectionFailed:
    """Return our error for a file that DuckDB or the system did not open."""
    told = words(error)
    if _DAMAGED.match(told):
        return ConnectionFailed(_damaged(told, path))
    return cannot_open(path, getattr(error, "strerror", None) or told)


def _damaged(told: str, path: str) -> str:
    """Return what to say of a file that DuckDB finds damaged."""
    return f"{path} is damaged ({told}); restore a backup"


def words(error: Exception) -> str:
    """Return the first line: the others show the statement."""
    return str(error).split("\n", 1)[0]
