"""The suite's databases: every test runs on each engine, in each call style, and knows neither."""

from collections.abc import Iterator

import pytest

from hostsdb import Storage
from tests.conformance.calling import STYLES, Open
from tests.conformance.factories import FACTORIES, Databases
from tests.conformance.samples import FUTURE


@pytest.fixture(scope="session", params=FACTORIES, ids=lambda factory: factory.__name__)
def databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Databases]:
    """What makes fresh databases on the engine."""
    with request.param(request, tmp_path_factory.mktemp("databases")) as databases:
        yield databases


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the suite with hostile settings and through a pooler in one call style each, to save time.

    They change what a session is, not what a call does: generated input is for the engines.
    """
    items[:] = [item for item in items if _is_chosen(item)]


def _is_chosen(item: pytest.Item) -> bool:
    if "[hostile" not in item.nodeid and "[pooled" not in item.nodeid:
        return True
    style = "-async" if "[hostile" in item.nodeid else "-sync"
    return style not in item.nodeid and not any(map(item.get_closest_marker, ("hypothesis", "generated")))


@pytest.fixture(params=STYLES)
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    """What opens a storage in the call style."""
    with STYLES[request.param]() as opened:
        yield opened


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    """A fresh database with the schema."""
    with databases() as url:
        yield url


@pytest.fixture
def storage(opened: Open, url: str) -> Iterator[Storage]:
    """A storage on a fresh database. Whatever a test does, the kept state equals the fold of the log afterwards."""
    with opened(url, initialize=False) as storage:
        yield storage
        assert storage.list_all() == storage.get_at_time(FUTURE)
