"""A fresh database for each test of an application: context managers, and fixtures for pytest.

With pytest, `pytest_plugins = ["hostsdb.testing"]` in the conftest.py beside the configuration gives the fixtures
`hostsdb_storage` and `hostsdb_url`. The environment's HOSTSDB_TEST_URL says on which engine:

- unset: SQLite, in a file of a temporary folder;
- `duckdb://:memory:`, or any other URL of an embedded engine: that engine, in a file of a temporary folder. What the
  URL names is never opened, so that a slip cannot cost anybody's hosts;
- `postgres://user:password@host`: that server, where the user may create databases. Each test has one of its own.
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
from hostsdb.database.open import require_psycopg
from hostsdb.url import DatabaseUrl, parse_url


@contextmanager
def fresh_url(url: str | None = None) -> Iterator[str]:
    """Give the URL of a new database with the schema, and remove the database at the end, whoever is connected.

    Arguments:
        url: which engine, as HOSTSDB_TEST_URL says it; None takes that, else SQLite. HOSTSDB_URL plays no part.
    Returns:
        a context manager that gives the URL. A new database takes milliseconds, and on PostgreSQL about 0.3 s.
    Raises:
        InvalidConnectionString: the URL cannot be understood, or leaves a new database no place in it.
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
    # Made once in a process: the migrations took 100 ms on SQLite and 350 on DuckDB, a copy takes 5 and 30.
    with TemporaryDirectory(prefix="hostsdb-test-") as folder:
        file = Path(folder, "hosts.db")
        hostsdb.connect(f"{dialect}:///{file.as_posix()}").close()
        return file.read_bytes()


@contextmanager
def _new_on_server(url: str, server: DatabaseUrl) -> Iterator[str]:
    location, mark, parameters = url.partition("?")
    if server.read or "dbname=" in parameters:
        raise hostsdb.InvalidConnectionString("a server for tests is named without dbname= and read_url=")
    scheme, _, rest = location.partition("://")
    name = f"hostsdb_test_{uuid.uuid4().hex}"
    # template0: what somebody has put into template1 must not decide how a test ends.
    _execute(server, f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        fresh = f"{scheme}://{rest.partition('/')[0]}/{name}{mark}{parameters}"
        hostsdb.connect(fresh).close()
        yield fresh
    finally:
        _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(server: DatabaseUrl, statement: str) -> None:
    require_psycopg()
    from hostsdb.engines.postgres_connect import connect_once
    from hostsdb.engines.postgres_errors import storage_error

    with closing(connect_once(server)) as connection:
        try:
            connection.execute(statement)
        except Exception as error:
            raise storage_error(error, server) from error


@contextmanager
def fresh_storage(url: str | None = None) -> Iterator[hostsdb.Storage]:
    """Give a storage on a new database; arguments and errors as `fresh_url`."""
    with fresh_url(url) as fresh, hostsdb.connect(fresh) as storage:
        yield storage


@asynccontextmanager
async def fresh_storage_async(url: str | None = None) -> AsyncIterator[hostsdb.AsyncStorage]:
    """Give a storage for asyncio, as `fresh_storage` does; the database itself comes and goes without awaiting."""
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
