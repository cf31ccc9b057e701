"""A file to break, on each engine that keeps one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import hostsdb
from tests.support.broken_files import ENGINES
from tests.support.template import Fill, Template


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def fill(storage: hostsdb.Storage) -> None:
    storage.append_batch(
        (f"H{n}", [hostsdb.HostCreated(f"10.0.{n // 250}.{n % 250}", f"h{n:03}", "x" * 200)], None)
        for n in range(300)
    )


@pytest.fixture
def file(templates: Callable[[Fill], Template], engine: str, tmp_path: Path) -> Iterator[Path]:
    """A database with 300 hosts, closed."""
    path = tmp_path / "data" / "hosts.db"
    path.parent.mkdir()
    with templates(fill).copied(engine, path):
        yield path
