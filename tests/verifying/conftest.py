"""Databases to damage, on each engine. Each test has its own copy of a history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.template import Fill, Template
from tests.verifying.damage import fill


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(request: pytest.FixtureRequest, engine: str) -> str:
    """The URL of an empty PostgreSQL database, or of a file that does not exist."""
    return str(request.getfixturevalue(f"{engine}_url"))


@pytest.fixture
def filled(templates: Callable[[Fill], Template], engine: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with the hosts `h0` to `h9`, three events each, and the deleted host `gone`."""
    with templates(fill).copied(engine, tmp_path / "filled") as url:
        yield url
