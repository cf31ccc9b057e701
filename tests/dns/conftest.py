"""A database with the zones on PostgreSQL and on SQLite, and a connection as PowerDNS has it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import hostsdb
from hostsdb import Storage
from tests.dns.databases import NameServer, served_by, with_zones
from tests.support.template import Fill, Template

ENGINES = ["postgres", "sqlite"]


@pytest.fixture(params=ENGINES)
def url(
    request: pytest.FixtureRequest, templates: Callable[[Fill], Template], tmp_path: Path
) -> Iterator[str]:
    """A new database with the zones."""
    with templates(with_zones).copied(request.param, tmp_path / "hosts.db") as url:
        yield url


@pytest.fixture
def storage(url: str) -> Iterator[Storage]:
    """The library on it."""
    with hostsdb.connect(url) as storage:
        yield storage


@pytest.fixture
def server(url: str) -> Iterator[NameServer]:
    """PowerDNS's connection to it."""
    yield from served_by(url)
