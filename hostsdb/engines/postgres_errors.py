"""The errors of psycopg and its pool, mapped to hostsdb's."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout

from hostsdb.engine_errors import ConstraintViolation, TransientError
from hostsdb.errors import ConnectionFailed, InvalidConnectionString, InvalidData, QueryFailed, StorageError
from hostsdb.url import DatabaseUrl

DRIVER_ERRORS: tuple[type[Exception], ...] = (psycopg.Error, PoolTimeout, PoolClosed)

_POOLED = "; behind a pooler in transaction mode, add prepare_threshold=none to the URL"
# SQLSTATEs and their classes; appendix A of PostgreSQL's manual lists them all.
_BY_STATE: list[tuple[str, type[StorageError], str]] = [
    ("40001", TransientError, ""),
    ("40P01", TransientError, ""),
    ("22", InvalidData, ""),
    ("54000", QueryFailed, "; try again later"),  # the queue of notifications is full
    ("54001", InvalidData, ""),  # JSON that is nested too deeply
    ("55P03", QueryFailed, "; another session holds the lock, try again later"),
    ("42501", QueryFailed, "; ask the owner of the database for the privilege"),
    ("42P01", QueryFailed, "; run hostsdb init on this database and schema first"),
    ("25006", ConnectionFailed, "; this server is read-only, for example a standby: connect to the primary"),
    ("25P01", QueryFailed, "; begin a transaction on this connection before you call hostsdb on it"),
    ("25P02", QueryFailed, "; an earlier statement of this transaction failed, roll it back"),
    ("26000", QueryFailed, _POOLED),
    ("42P05", QueryFailed, _POOLED),
    ("08", ConnectionFailed, ""),
    ("28", ConnectionFailed, ""),
    ("3D000", ConnectionFailed, ""),
    ("53300", ConnectionFailed, ""),
    ("57P", ConnectionFailed, ""),
    ("25P03", ConnectionFailed, ""),
]


READ_ONLY = "PostgreSQL: this server is read-only, for example a standby"


def not_in_time(url: DatabaseUrl, reason: str) -> str:
    """Return the message about servers that did not accept a connection in time.

    Arguments:
        url: the URL.
        reason: why the last attempt failed; empty: there was no answer.
    """
    return (
        f"no connection to PostgreSQL at {url.place} within {url.pool.acquire_timeout:g} s: "
        f"{reason or 'it has not answered'}; check whether the server runs, or raise acquire_timeout in the URL"
    )


def no_free_connection(url: DatabaseUrl) -> str:
    """Return the message about a pool whose connections are all in use."""
    return (
        f"all connections of this storage were in use, and none was free within {url.pool.acquire_timeout:g} s; "
        f"raise max_connections={url.pool.max_connections} or acquire_timeout in the URL"
    )


def is_read_only(
    connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any], error: psycopg.Error
) -> bool:
    """Return whether a server refused a statement because it is a standby, or read-only for the moment."""
    if error.sqlstate == "55000":  # of some locks, on a standby
        return connection.info.parameter_status("in_hot_standby") == "on"
    return error.sqlstate == "25006"


def storage_error(error: Exception, url: DatabaseUrl | None = None) -> StorageError:
    """Map an error of the driver or the pool, by its SQLSTATE and constraint name."""
    if isinstance(error, PoolClosed):
        return ConnectionFailed("this storage is closed; connect again")
    if not isinstance(error, psycopg.Error):
        return QueryFailed(f"PostgreSQL: {error}")
    state = error.sqlstate or ""
    message = error.diag.message_primary or str(error)
    if state.startswith("23"):
        return ConstraintViolation(error.diag.constraint_name or state, message)
    for prefix, kind, advice in _BY_STATE:
        if state.startswith(prefix):
            return kind(f"PostgreSQL: {message}{advice}")
    if isinstance(error, psycopg.ProgrammingError) and not state:
        # libpq could not parse the URL. Its message may contain parts of the URL, such as a password.
        return InvalidConnectionString("libpq does not understand this URL; check its parameters")
    # libpq's own errors have no SQLSTATE. With one, a full disk or a timeout is an OperationalError too.
    lost = isinstance(error, psycopg.OperationalError) and not state
    kind = ConnectionFailed if lost else QueryFailed
    return kind(f"PostgreSQL: {message}")
