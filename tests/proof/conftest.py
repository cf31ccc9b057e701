"""Databases with a history to tamper with, one for each engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hostsdb import NewHost, Storage
from tests.support.template import Fill, Template
from tests.verifying.damage import fill


def fill_log(storage: Storage) -> None:
    """Add 37 events: the trees have subtrees of 32, 4 and 1."""
    fill(storage)
    storage.add_hosts(NewHost(f"10.9.0.{number}", "later.lan") for number in range(5))


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def filled(
    request: pytest.FixtureRequest, templates: Callable[[Fill], Template], tmp_path: Path
) -> Iterator[str]:
    """The URL of a database with the log of fill_log."""
    with templates(fill_log).copied(request.param, tmp_path / "filled") as url:
        yield url
