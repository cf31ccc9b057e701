"""The errors of psycopg and its pool, mapped to hostsdb's."""

from __future__ import annotations

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout

from hostsdb.engine_errors import ConstraintViolation, TransientError
from hostsdb.errors import ConnectionFailed, InvalidConnectionString, InvalidData, QueryFailed, StorageError
from hostsdb.url import DatabaseUrl

DRIVER_ERRORS = (psycopg.Error, PoolTimeout, PoolClosed)

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


def storage_error(error: Exception, url: DatabaseUrl | None = None) -> StorageError:
    """Map an error of the driver or the pool, by its SQLSTATE and constraint name."""
    if isinstance(error, PoolClosed):
        return ConnectionFailed("this storage is closed; connect again")
    if url is not None and isinstance(error, PoolTimeout):
        return ConnectionFailed(
            f"no connection to PostgreSQL was available within {url.pool.acquire_timeout:g} s; "
            f"raise max_connections={url.pool.max_connections} or acquire_timeout in the URL, "
            "or check whether the server answers"
        )
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
