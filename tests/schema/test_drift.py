"""`check` reports each object that differs, and nothing else."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.schema.commands import check, execute, initialize
from tests.schema.drift import duckdb, postgres, sqlite
from tests.support.postgres_server import PostgresServer, fresh_database

pytestmark = pytest.mark.faults  # takes minutes

ENGINES = {"postgres": postgres, "duckdb": duckdb, "sqlite": sqlite}
DRIFT = [
    pytest.param(engine, change, expected, id=f"{engine}: {kind}")
    for engine, module in ENGINES.items()
    for kind, change, expected in module.DRIFT
]
NO_DRIFT = [
    pytest.param(engine, change, id=f"{engine}: {kind}")
    for engine, module in ENGINES.items()
    for kind, change in module.NO_DRIFT.items()
]


@pytest.fixture(scope="module")
def initialized(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The URL of an initialised database of each engine, to copy."""
    folder = tmp_path_factory.mktemp("initialized")
    with fresh_database(postgres_server.url) as url:
        urls = {"postgres": url} | {
            engine: f"{engine}:///{folder}/{engine}" for engine in ("duckdb", "sqlite")
        }
        for each in urls.values():
            initialize(each)
        yield urls


@pytest.fixture
def copied(
    initialized: dict[str, str], postgres_server: PostgresServer, tmp_path: Path
) -> Callable[[str], Any]:
    @contextmanager
    def copy(engine: str) -> Iterator[str]:
        """Give the URL of a new copy of an engine's initialised database."""
        if engine == "postgres":
            with fresh_database(postgres_server.url, initialized[engine].rpartition("/")[2]) as url:
                yield url
            return
        shutil.copy(initialized[engine].partition(":///")[2], tmp_path / "copy")
        yield f"{engine}:///{tmp_path}/copy"

    return copy


def test_the_tables_of_this_test_are_complete() -> None:
    for module in ENGINES.values():
        kinds = [kind for kind, _, _ in module.DRIFT]
        assert len(set(kinds)) == len(kinds) and len(module.NO_DRIFT) >= 8
    assert len(postgres.DRIFT) >= 60


@pytest.mark.parametrize(("engine", "change", "expected"), DRIFT)
def test_drift(copied: Callable[[str], Any], engine: str, change: str, expected: list[str]) -> None:
    with copied(engine) as url:
        execute(url, change)
        found = check(url, 4)
    assert found["state"] == "drift"
    for beginning in expected:
        assert any(difference.startswith(beginning) for difference in found["differences"]), found
    if len(expected) == 1:
        assert len(found["differences"]) == 1, found


@pytest.mark.parametrize(("engine", "change"), NO_DRIFT)
def test_no_drift(copied: Callable[[str], Any], engine: str, change: str) -> None:
    with copied(engine) as url:
        execute(url, change)
        assert check(url, 0)["differences"] == []


def test_a_sqlite_file_in_another_encoding(sqlite_url: str) -> None:
    execute(sqlite_url, "PRAGMA encoding = 'UTF-16le'; CREATE TABLE mine (a)")
    initialize(sqlite_url)
    assert check(sqlite_url, 4)["differences"] == ["setting schema.encoding=UTF-16le is in no migration"]
