"""What psycopg and its pool raise, as hostsdb's errors."""

from __future__ import annotations

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout

from hostsdb.engine_errors import ConstraintViolation, TransientError
from hostsdb.errors import (
    ConnectionFailed,
    InvalidConnectionString,
    InvalidData,
    QueryFailed,
    StorageError,
)
from hostsdb.url import DatabaseUrl

DRIVER_ERRORS = (psycopg.Error, PoolTimeout, PoolClosed)

_POOLED = (
    "; where a pooler hands each transaction to another connection, add prepare_threshold=none to the URL"
)
# SQLSTATEs, or their classes, that say what the caller can do; appendix A of PostgreSQL's manual lists them all.
_BY_STATE: list[tuple[str, type[StorageError], str]] = [
    ("40001", TransientError, ""),
    ("40P01", TransientError, ""),
    ("22", InvalidData, ""),
    ("54000", InvalidData, ""),  # an index holds no text of thousands of bytes
    ("42501", QueryFailed, "; ask the owner of the database for the right"),
    ("42P01", QueryFailed, "; has hostsdb init been run on this database and schema?"),
    ("26000", QueryFailed, _POOLED),
    ("42P05", QueryFailed, _POOLED),
    ("08", ConnectionFailed, ""),
    ("28", ConnectionFailed, ""),
    ("3D000", ConnectionFailed, ""),
    ("53300", ConnectionFailed, ""),
    ("57P", ConnectionFailed, ""),
    ("25P03", ConnectionFailed, ""),
]


def storage_error(error: Exception, url: DatabaseUrl) -> StorageError:
    """Return our error for one of the driver's, by its SQLSTATE and constraint name."""
    if isinstance(error, PoolTimeout | PoolClosed):
        return _pool_error(error, url)
    if not isinstance(error, psycopg.Error):
        return QueryFailed(f"PostgreSQL: {error}")
    state = error.sqlstate or ""
    words = error.diag.message_primary or str(error)
    if state.startswith("23"):
        return ConstraintViolation(error.diag.constraint_name or state, words)
    for prefix, kind, advice in _BY_STATE:
        if state.startswith(prefix):
            return kind(f"PostgreSQL: {words}{advice}")
    if isinstance(error, psycopg.ProgrammingError) and not state:
        # libpq could not read the URL; it may repeat pieces of it, so its words stay out.
        return InvalidConnectionString("libpq does not understand this URL; check its parameters")
    # Without a state it is libpq's own error; with one, psycopg calls a full disk and a timeout operational too.
    lost = isinstance(error, psycopg.OperationalError) and not state
    kind = ConnectionFailed if lost else QueryFailed
    return kind(f"PostgreSQL: {words}")


def _pool_error(error: PoolTimeout | PoolClosed, url: DatabaseUrl) -> ConnectionFailed:
    if isinstance(error, PoolClosed):
        return ConnectionFailed("this storage is closed; connect again")
    return ConnectionFailed(
        f"no connection to PostgreSQL was free within {url.pool.acquire_timeout:g} s; "
        f"raise max_connections={url.pool.max_connections} or acquire_timeout in the URL, "
        "or look whether the server answers"
    )
