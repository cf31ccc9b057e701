"""One factory per engine, all that the suite has to know of it: fresh databases with the schema in them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

import hostsdb
from tests.support.pgbouncer import pgbouncer, take_turns
from tests.support.postgres_server import PostgresServer, fresh_database
from tests.support.template import Template

# Makes a database, gives its URL, and may remove it afterwards; one at a time.
Databases = Callable[[], AbstractContextManager[str]]


@contextmanager
def postgres(request: pytest.FixtureRequest, folder: Path) -> Iterator[Databases]:
    """One database on the session's server, emptied each time: 5 ms where a new one takes 300."""
    migrated: Template = request.getfixturevalue("migrated")
    with migrated.copied("postgres", folder) as url:
        yield _emptied(url, url)


@contextmanager
def pooled(request: pytest.FixtureRequest, folder: Path) -> Iterator[Databases]:
    """The same through a PgBouncer: no session outlives its transaction."""
    server: PostgresServer = request.getfixturevalue("postgres_server")
    migrated: Template = request.getfixturevalue("migrated")
    with pgbouncer(server.url) as through, migrated.copied("postgres", folder) as url:
        databases = _emptied(url, through(url))
        take_turns(through(url))
        yield databases


# What a server, a database or a role may set. It changes no result.
HOSTILE = {
    "client_encoding": "LATIN1",
    "DateStyle": "German",
    "IntervalStyle": "sql_standard",
    "TimeZone": "Pacific/Chatham",
    "standard_conforming_strings": "off",
    "default_transaction_isolation": "serializable",
    "quote_all_identifiers": "on",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "transform_null_equals": "on",
}


@contextmanager
def hostile(request: pytest.FixtureRequest, folder: Path) -> Iterator[Databases]:
    """The same with settings of the database, and of the role in it, that other applications may need."""
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with fresh_database(server.url) as url:
        set_defaults(url, HOSTILE)
        hostsdb.connect(url).close()
        yield _emptied(url, url)


def set_defaults(url: str, settings: dict[str, str]) -> None:
    """Set defaults of a database, and of the current role in it. PostgreSQL 19 has only standard strings."""
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.info.server_version >= 19_00_00:
            settings = {k: v for k, v in settings.items() if k != "standard_conforming_strings"}
        name = sql.Identifier(connection.info.dbname)
        for owner in (sql.SQL("DATABASE {}"), sql.SQL("ROLE CURRENT_USER IN DATABASE {}")):
            for setting, value in settings.items():
                change = sql.SQL("ALTER {} SET {} = {}")
                connection.execute(
                    change.format(owner.format(name), sql.Identifier(setting), sql.Literal(value))
                )


# In a replica's session no trigger refuses. TRUNCATE would make new files, which takes longer.
_EMPTY = "SET session_replication_role = replica;" + ";".join(
    f"DELETE FROM {table}"
    for table in ("host_events", "host_entries", "snapshots", "consumers", "erasures", "erased_events")
)


def _emptied(direct: str, url: str) -> Databases:
    @contextmanager
    def database() -> Iterator[str]:
        with psycopg.connect(direct) as connection:
            connection.execute(_EMPTY)
        yield url

    return database


@contextmanager
def duckdb(request: pytest.FixtureRequest, folder: Path) -> Iterator[Databases]:
    """Copies of a DuckDB file."""
    yield _copies(request, "duckdb", folder)


@contextmanager
def sqlite(request: pytest.FixtureRequest, folder: Path) -> Iterator[Databases]:
    """Copies of a SQLite file."""
    yield _copies(request, "sqlite", folder)


def _copies(request: pytest.FixtureRequest, dialect: str, folder: Path) -> Databases:
    migrated: Template = request.getfixturevalue("migrated")
    numbers = count()
    return lambda: migrated.copied(dialect, folder / f"hosts{next(numbers)}.db")


FACTORIES = [postgres, pooled, hostile, duckdb, sqlite]
