"""A migration as statements: its own and the bookkeeping around them, the same for `init` and for a DBA's hands."""

from __future__ import annotations

import getpass
import os
import re
import socket
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlparse
from yoyo.migrations import get_migration_hash, read_sql_migration

from hostsdb.schema.files import Migration, checksum
from hostsdb.sql_files import PLACEHOLDER, load_text
from hostsdb.url import Dialect

Parameters = Mapping[str, Any]


def bookkeeping() -> list[str]:
    """Return the statements that make yoyo's tables where they are missing."""
    return sqlparse.split(load_text("postgres", "bookkeeping"))


def statements(migration: Migration) -> list[str]:
    """Return a migration's statements, as yoyo splits them."""
    return read_sql_migration(str(migration.file))[2]  # type: ignore[no-any-return]


def rollback_statements(migration: Migration) -> list[str]:
    """Return the statements that undo a migration."""
    return read_sql_migration(str(migration.rollback))[2]  # type: ignore[no-any-return]


def records(migration: Migration, operation: str) -> list[tuple[str, Parameters]]:
    """Return the names and parameters of the statements that record what was done with a migration.

    Arguments:
        migration: which.
        operation: `apply`, `mark` (its objects were there already) or `rollback`, yoyo's words.
    """
    parameters = {
        "migration_id": migration.id,
        "migration_hash": get_migration_hash(migration.id),
        "operation": operation,
        "checksum": f"sha256:{checksum(migration)}",
        "username": _user(),
        "hostname": socket.gethostname(),  # not getfqdn, which waits for a DNS that does not answer
    }
    mark = "unrecord_migration" if operation == "rollback" else "record_migration"
    return [(mark, parameters), ("record_log", parameters)]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return str(os.getuid())


def script(dialect: Dialect, migrations: Iterable[Migration]) -> Iterator[str]:
    """Yield the text, line for line, that a DBA can run by hand in one transaction, bookkeeping included."""
    for statement in bookkeeping():
        yield statement.strip()
    yield load_text(dialect, "record_version") + ";"
    for migration in migrations:
        yield migration.file.read_text("utf-8").strip()
        for name, parameters in records(migration, "apply"):
            yield _with_literals(load_text(dialect, name), parameters) + ";"


def _with_literals(text: str, parameters: Parameters) -> str:
    """Write parameters into a statement that is printed, not run: names of files, users and hosts, and digests."""

    def literal(placeholder: re.Match[str]) -> str:
        quoted = str(parameters[placeholder[1]]).replace("'", "''")
        return f"'{quoted}'"

    # In one pass: a value that looks like a placeholder, as a user's name may, stays what it is.
    return PLACEHOLDER.sub(literal, text)
