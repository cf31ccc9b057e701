"""The migration files: which there are for a dialect and a server, in order."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources.abc import Traversable

from hostsdb.errors import MigrationFailed
from hostsdb.sql_files import resource_folder
from hostsdb.url import Dialect

_NAME = re.compile(r"([0-9]{4})_[a-z0-9_]+\.sql")
# Folders that only servers from a major version on can run, beside the dialect's own.
_EXTRA_FOLDERS: dict[Dialect, dict[int, str]] = {"postgres": {19: "postgres-19"}}


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration file: its id is its name without `.sql`, as yoyo has it."""

    id: str
    number: int
    file: Traversable
    rollback: Traversable


def checksum(migration: Migration) -> str:
    """Return the SHA-256 of a migration's text, the same for LF and CRLF line ends, in hexadecimal."""
    return hashlib.sha256(migration.file.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


@cache
def migrations_for(dialect: Dialect, major_version: int = 0) -> tuple[Migration, ...]:
    """Return the migrations of a dialect in order.

    Arguments:
        dialect: whose folder.
        major_version: the server's, which decides on extra folders (PostgreSQL 19 and later); else 0.
    Raises:
        MigrationFailed: a file has a bad name, a number is missing or there twice, or a rollback is missing;
            the message says what to do.
    """
    own = _read(dialect)
    numbers = [migration.number for migration in own]
    if numbers != list(range(1, len(own) + 1)):
        raise MigrationFailed(f"migrations/{dialect} has the numbers {numbers}; number them from 0001 on")
    extra = [
        migration
        for since, folder in _EXTRA_FOLDERS.get(dialect, {}).items()
        if major_version >= since
        for migration in _read(folder)
    ]
    for migration in extra:
        if migration.number not in numbers:
            raise MigrationFailed(
                f"{migration.id} amends no migration of {dialect}; give it that one's number"
            )
    # An extra file amends the one with its number, so it comes right after it: the sort is stable.
    return tuple(sorted([*own, *extra], key=lambda migration: migration.number))


def _read(folder: str) -> list[Migration]:
    files = {file.name: file for file in (resource_folder("migrations") / folder).iterdir()}
    migrations = []
    for name in sorted(name for name in files if name.endswith(".sql")):
        if name.endswith(".rollback.sql"):
            if name.replace(".rollback.sql", ".sql") not in files:
                raise MigrationFailed(f"migrations/{folder}/{name} undoes no migration; remove or rename it")
            continue
        match = _NAME.fullmatch(name)
        if match is None:
            raise MigrationFailed(f"migrations/{folder}/{name}: name it like 0001_what.sql")
        rollback = files.get(name.replace(".sql", ".rollback.sql"))
        if rollback is None:
            raise MigrationFailed(f"migrations/{folder}/{name} has no rollback; add {name[:-4]}.rollback.sql")
        migrations.append(Migration(name[:-4], int(match[1]), files[name], rollback))
    return migrations
