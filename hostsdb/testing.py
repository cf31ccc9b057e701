"""A fresh database for each test of an application: context managers, and fixtures for pytest.

For the fixtures `hostsdb_storage` and `hostsdb_url`, write `pytest_plugins = ["hostsdb.testing"]` into the conftest.py
of the root folder. The environment variable HOSTSDB_TEST_URL selects the engine:

- not set: SQLite, in a file in a temporary folder;
- `duckdb://:memory:`, or another URL of an embedded engine: that engine, in a file in a temporary folder. The file in
  the URL is never opened, so a mistake cannot destroy data;
- `postgres://user:password@host`: that server. The user needs CREATEDB. Each test has its own database.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import hostsdb
from hostsdb.database.open import require
from hostsdb.url import DatabaseUrl, parse_url


@contextmanager
def fresh_url(url: str | None = None) -> Iterator[str]:
    """Give the URL of a new database with the schema. Remove the database at the end, even if it has connections.

    Arguments:
        url: the engine, as in HOSTSDB_TEST_URL; None takes that variable, else SQLite. HOSTSDB_URL is not used.
    Returns:
        a context manager for the URL. A new database takes milliseconds, on PostgreSQL about 0.3 s.
    Raises:
        InvalidConnectionString: the URL is invalid, or names a database.
        ConnectionFailed: the server cannot be reached, or its driver is not installed.
        QueryFailed: the server refuses to create a database.
    """
    url = url or os.environ.get("HOSTSDB_TEST_URL") or "sqlite://:memory:"
    parsed = parse_url(url)
    if parsed.dialect == "postgres":
        with _new_on_server(url, parsed) as fresh:
            yield fresh
    else:
        with TemporaryDirectory(prefix="hostsdb-test-") as folder:
            file = Path(folder, "hosts.db")
            file.write_bytes(_file_with_schema(parsed.dialect))
            yield f"{parsed.dialect}:///{file.as_posix()}"


@cache
def _file_with_schema(dialect: str) -> bytes:
    # Made once per process: the migrations took 100 ms on SQLite and 350 ms on DuckDB, a copy takes 5 ms and 30 ms.
    with TemporaryDirectory(prefix="hostsdb-test-") as folder:
        file = Path(folder, "hosts.db")
        hostsdb.connect(f"{dialect}:///{file.as_posix()}").close()
        return file.read_bytes()


@contextmanager
def _new_on_server(url: str, server: DatabaseUrl) -> Iterator[str]:
    location, mark, parameters = url.partition("?")
    if server.read or "dbname=" in parameters:
        raise hostsdb.InvalidConnectionString(
            "the URL of a server for tests must not contain dbname= or read_url="
        )
    scheme, _, rest = location.partition("://")
    name = f"hostsdb_test_{uuid.uuid4().hex}"
    # template0: local additions to template1 must not change the result of a test.
    _execute(server, f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        fresh = f"{scheme}://{rest.partition('/')[0]}/{name}{mark}{parameters}"
        hostsdb.connect(fresh).close()
        yield fresh
    finally:
        _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(server: DatabaseUrl, statement: str) -> None:
    require("psycopg_pool", "PostgreSQL", "postgres")
    from hostsdb.engines.postgres_connect import connect_once
    from hostsdb.engines.postgres_errors import storage_error

    with closing(connect_once(server)) as connection:
        try:
            connection.execute(statement)
        except Exception as error:
            raise storage_error(error, server) from error


@contextmanager
def fresh_storage(url: str | None = None) -> Iterator[hostsdb.Storage]:
    """Give a storage on a new database. Arguments and errors are those of `fresh_url`."""
    with fresh_url(url) as fresh, hostsdb.connect(fresh) as storage:
        yield storage


@asynccontextmanager
async def fresh_storage_async(url: str | None = None) -> AsyncIterator[hostsdb.AsyncStorage]:
    """Give a storage for asyncio, as `fresh_storage` does. Creating and removing the database is synchronous."""
    with fresh_url(url) as fresh:
        async with await hostsdb.connect_async(fresh) as storage:
            yield storage


try:
    import pytest
except ModuleNotFoundError:
    pass  # the context managers do without
else:

    @pytest.fixture
    def hostsdb_url() -> Iterator[str]:
        """The URL of a new database with the schema, for an application that connects by itself."""
        with fresh_url() as url:
            yield url

    @pytest.fixture
    def hostsdb_storage(hostsdb_url: str) -> Iterator[hostsdb.Storage]:
        """A storage on the database of `hostsdb_url`."""
        with hostsdb.connect(hostsdb_url) as storage:
            yield storage
