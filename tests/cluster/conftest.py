"""A cluster for each value of synchronous_mode, and the report at the end."""

from collections.abc import Generator, Iterator

import pytest

from tests.cluster.machines import Cluster, running_cluster
from tests.cluster.programs import missing

lines: list[str] = []


@pytest.fixture(scope="session", params=[True, False], ids=["synchronous", "asynchronous"])
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A cluster. Skips where its programs are not installed."""
    if lacking := missing():
        pytest.skip(lacking)
    with running_cluster(request.param) as cluster:
        yield cluster


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None, None, None]:
    """Print what each case cost."""
    yield
    for line in lines:
        terminalreporter.write_line(line)
