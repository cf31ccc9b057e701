"""The migration files of an engine, in order."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.resources.abc import Traversable

from hostsdb.errors import MigrationFailed
from hostsdb.sql_files import resource_folder
from hostsdb.url import Dialect

_NAME = re.compile(r"([0-9]{4})_[a-z0-9_]+\.sql")
# Additional folders, by the first major version of the server that can run them.
_EXTRA_FOLDERS: dict[Dialect, dict[int, str]] = {"postgres": {19: "postgres-19"}}

# What is applied on request: `init --with NAME`. The folder of each engine that has it.
_FEATURE_FOLDERS: dict[str, dict[Dialect, str]] = {
    "dns": {"postgres": "postgres-dns", "sqlite": "sqlite-dns"}
}
FEATURES = tuple(_FEATURE_FOLDERS)


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration file and its rollback file. The id is the file's name without `.sql`, as in yoyo.

    An optional one improves the schema on a newer server. hostsdb works without it. One with a feature is applied on
    request.
    """

    id: str
    number: int
    file: Traversable
    rollback: Traversable
    optional: bool = False
    feature: str | None = None


def checksum(migration: Migration) -> str:
    """Return the SHA-256 of a migration's text in hexadecimal. LF and CRLF give the same checksum."""
    return hashlib.sha256(migration.file.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


@cache
def migrations_for(
    dialect: Dialect, major_version: int = 0, features: tuple[str, ...] = ()
) -> tuple[Migration, ...]:
    """Return the migrations of an engine in order.

    Arguments:
        dialect: the engine.
        major_version: the PostgreSQL server's major version; 19 and later have an additional folder. Else 0.
        features: the features whose migrations are included, as far as the engine has them.
    Raises:
        MigrationFailed: a file has a wrong name, a number is missing or repeated, or a rollback file is missing.
    """
    own = _read(dialect)
    numbers = [migration.number for migration in own]
    if numbers != list(range(1, len(own) + 1)):
        raise MigrationFailed(
            f"migrations/{dialect} has the numbers {numbers}; number the files 0001, 0002 and so on"
        )
    extra = [
        migration
        for since, folder in _EXTRA_FOLDERS.get(dialect, {}).items()
        if major_version >= since
        for migration in _read(folder, optional=True)
    ]
    for migration in extra:
        if migration.number not in numbers:
            raise MigrationFailed(
                f"{migration.id}: {dialect} has no migration with this number; use the number of the one it changes"
            )
    on_request = [
        migration
        for feature in features
        if (folder := _FEATURE_FOLDERS[feature].get(dialect))
        for migration in _read(folder, feature=feature)
    ]
    # The sort is stable: an additional migration comes after the one with the same number.
    return tuple(sorted([*own, *extra, *on_request], key=lambda migration: migration.number))


def features_of(dialect: Dialect) -> tuple[str, ...]:
    """Return the features that an engine has."""
    return tuple(feature for feature, folders in _FEATURE_FOLDERS.items() if dialect in folders)


def refuse_unavailable(dialect: Dialect, features: Collection[str]) -> None:
    """Raise MigrationFailed if the engine does not have a feature."""
    for feature in features:
        engines = _FEATURE_FOLDERS[feature]
        if dialect not in engines:
            raise MigrationFailed(f"{feature} is not available on {dialect}, only on {' and '.join(engines)}")


def _read(folder: str, optional: bool = False, feature: str | None = None) -> list[Migration]:
    files = {file.name: file for file in (resource_folder("migrations") / folder).iterdir()}
    migrations = []
    for name in sorted(name for name in files if name.endswith(".sql")):
        if name.endswith(".rollback.sql"):
            if name.replace(".rollback.sql", ".sql") not in files:
                raise MigrationFailed(
                    f"migrations/{folder}/{name} belongs to no migration; remove or rename it"
                )
            continue
        match = _NAME.fullmatch(name)
        if match is None:
            raise MigrationFailed(f"migrations/{folder}/{name}: the name must look like 0001_what.sql")
        rollback = files.get(name.replace(".sql", ".rollback.sql"))
        if rollback is None:
            raise MigrationFailed(
                f"migrations/{folder}/{name} has no rollback file; add {name[:-4]}.rollback.sql"
            )
        migrations.append(Migration(name[:-4], int(match[1]), files[name], rollback, optional, feature))
    return migrations
