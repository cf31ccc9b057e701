"""A primary and its standby for the session, an empty database for each test, and both call styles."""

from collections.abc import Iterator

import pytest

import hostsdb
from tests.conformance.calling import STYLES, Open
from tests.replicas.pair import Pair
from tests.support.postgres_process import postgres_process
from tests.support.postgres_standby import ask, postgres_standby


@pytest.fixture(scope="session")
def servers() -> Iterator[Pair]:
    # What is committed with synchronous_commit=off, as by Raw, goes to the standby when the WAL writer wakes.
    settings = {"wal_writer_delay": "10ms"}
    with postgres_process(settings=settings) as primary, postgres_standby(primary) as standby:
        hostsdb.connect(primary.url).close()
        yield Pair(primary, standby)


# No trigger refuses then, and a new database would take ten times as long.
EMPTY = "SET session_replication_role = replica; TRUNCATE host_events, host_entries"


@pytest.fixture
def pair(servers: Pair) -> Pair:
    ask(servers.url, EMPTY)
    servers.standby.catch_up()
    return servers


@pytest.fixture(params=STYLES)
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    """What opens a storage in the call style."""
    with STYLES[request.param]() as opened:
        yield opened
