"""The statements of a migration, and the statements that record it in yoyo's tables."""

from __future__ import annotations

import getpass
import os
import re
import socket
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources.abc import Traversable
from typing import Any

import sqlparse
from yoyo.migrations import get_migration_hash, read_sql_migration

from hostsdb.schema.files import Migration, checksum
from hostsdb.sql_files import PLACEHOLDER, load_text
from hostsdb.url import Dialect


def bookkeeping() -> list[str]:
    """Return the statements that create yoyo's tables if they do not exist."""
    return sqlparse.split(load_text("postgres", "bookkeeping"))


def statements(file: Traversable) -> list[str]:
    """Return the statements of a migration's file or of its rollback file, as yoyo splits them."""
    return read_sql_migration(str(file))[2]  # type: ignore[no-any-return]


def records(migration: Migration, operation: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the names and parameters of the statements that record a migration.

    Arguments:
        migration: the migration.
        operation: yoyo's word: `apply`, `rollback`, or `mark` for a migration that was applied by hand.
    """
    parameters = {
        "migration_id": migration.id,
        "migration_hash": get_migration_hash(migration.id),
        "operation": operation,
        "checksum": f"sha256:{checksum(migration)}",
        "username": _user(),
        "hostname": socket.gethostname(),  # getfqdn would wait for DNS
    }
    mark = "unrecord_migration" if operation == "rollback" else "record_migration"
    return [(mark, parameters), ("record_log", parameters)]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container the user may have no name
        return str(os.getuid())


def script(dialect: Dialect, migrations: Iterable[Migration]) -> Iterator[str]:
    """Yield the statements that apply migrations and record them, as text for a DBA to run in one transaction."""
    for statement in bookkeeping():
        yield statement.strip()
    yield load_text(dialect, "record_version") + ";"
    for migration in migrations:
        yield migration.file.read_text("utf-8").strip()
        for name, parameters in records(migration, "apply"):
            yield with_literals(load_text(dialect, name), parameters) + ";"


def with_literals(text: str, parameters: Mapping[str, Any]) -> str:
    """Replace the parameters of a statement that is printed and not run by literals."""

    def literal(placeholder: re.Match[str]) -> str:
        quoted = str(parameters[placeholder[1]]).replace("'", "''")
        return f"'{quoted}'"

    # One pass: a value may contain text that looks like a placeholder.
    return PLACEHOLDER.sub(literal, text)
