"""A database that is missing: no file, or no schema. Only init, import, add and copy create it."""

from __future__ import annotations

import os

from hostsdb.database.open import Database
from hostsdb.errors import ConnectionFailed, MigrationFailed, escaped
from hostsdb.url import DatabaseUrl

_HOW = "create it with hostsdb init, or use another URL"


def refuse_missing_file(url: DatabaseUrl) -> None:
    """Raise ConnectionFailed if the file of an embedded engine is missing. Opening it would create it."""
    if url.path and url.path != ":memory:" and _is_missing(url.path):
        raise ConnectionFailed(f"there is no database {escaped(url.path, 1000)}; {_HOW}")


def _is_missing(path: str) -> bool:
    """Return whether a folder has no such file. Opening a file reports any other fault of its path."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return os.path.isdir(os.path.dirname(os.path.abspath(path)))
    except OSError:
        return False
    return False


def refuse_missing_schema(database: Database) -> None:
    """Raise MigrationFailed if an opened database has no schema of hostsdb."""
    if not database.schema_state().exists:
        database.refuse_foreign_schema()
        name = escaped(database.url.path, 1000) or "this PostgreSQL database"
        raise MigrationFailed(f"there is no hostsdb schema in {name}; {_HOW}")
