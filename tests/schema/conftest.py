"""An empty database for each test, on each engine; the migrations are applied once."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.schema.raw import Dialect, Raw, migrate
from tests.support.postgres_server import PostgresServer, fresh_database


@pytest.fixture(scope="session")
def migrated_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a migrated file of each embedded engine."""
    folder = tmp_path_factory.mktemp("templates")
    for dialect in ("duckdb", "sqlite"):
        with closing(Raw(dialect, str(folder / dialect))) as raw:
            migrate(raw)
    return folder


@pytest.fixture(scope="session")
def shared_postgres(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database, for one test after another."""
    with fresh_database(postgres_server.url) as url:
        with closing(Raw("postgres", url)) as raw:
            migrate(raw)
        yield url


def _empty(raw: Raw) -> None:
    """Delete the rows of our tables, in a replica's session, which fires no guards. A new database takes longer."""
    raw.run("SET session_replication_role = replica")
    for (table,) in raw.run(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~ 'yoyo|^log_'"
    ):
        raw.run(f"DELETE FROM {table}")
    raw.run("RESET session_replication_role")


def _make(request: pytest.FixtureRequest, dialect: Dialect, stack: ExitStack) -> Raw:
    if dialect == "postgres":
        raw = stack.enter_context(closing(Raw(dialect, request.getfixturevalue("shared_postgres"))))
        _empty(raw)
        return raw
    folder: Path = request.getfixturevalue("tmp_path")
    location = str(folder / f"hosts.{dialect}")
    shutil.copy(request.getfixturevalue("migrated_files") / dialect, location)
    return stack.enter_context(closing(Raw(dialect, location)))


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def raw(request: pytest.FixtureRequest) -> Iterator[Raw]:
    """A database of each engine in turn."""
    with ExitStack() as stack:
        yield _make(request, request.param, stack)


@pytest.fixture
def postgres(request: pytest.FixtureRequest) -> Iterator[Raw]:
    """A database on PostgreSQL."""
    with ExitStack() as stack:
        yield _make(request, "postgres", stack)


@pytest.fixture
def duckdb_raw(request: pytest.FixtureRequest) -> Iterator[Raw]:
    """A database on DuckDB."""
    with ExitStack() as stack:
        yield _make(request, "duckdb", stack)


@pytest.fixture
def sqlite(request: pytest.FixtureRequest) -> Iterator[Raw]:
    """A database on SQLite."""
    with ExitStack() as stack:
        yield _make(request, "sqlite", stack)
