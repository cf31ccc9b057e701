"""Databases to damage, on each engine. Each test has its own copy of a history."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import hostsdb
from tests.support.postgres_server import PostgresServer, fresh_database
from tests.verifying.damage import fill


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(request: pytest.FixtureRequest, engine: str) -> str:
    """The URL of an empty PostgreSQL database, or of a file that does not exist."""
    return str(request.getfixturevalue(f"{engine}_url"))


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a PostgreSQL database with the history."""
    with fresh_database(postgres_server.url) as url:
        with hostsdb.connect(url) as storage:
            fill(storage)
        yield urlsplit(url).path.removeprefix("/")


@pytest.fixture(scope="session")
def file_templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of each embedded engine, with the history."""
    folder = tmp_path_factory.mktemp("filled")
    for engine in ("duckdb", "sqlite"):
        with hostsdb.connect(f"{engine}:///{folder}/{engine}") as storage:
            fill(storage)
    return folder


@pytest.fixture
def filled(request: pytest.FixtureRequest, engine: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with the hosts `h0` to `h9`, three events each, and the deleted host `gone`."""
    if engine == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with fresh_database(server.url, request.getfixturevalue("postgres_template")) as url:
            yield url
    else:
        shutil.copy(request.getfixturevalue("file_templates") / engine, tmp_path / "filled")
        yield f"{engine}:///{tmp_path}/filled"
