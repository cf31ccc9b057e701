"""A process that is killed in a transaction stores all of its calls or none."""

import signal
import subprocess
import sys

import pytest

import hostsdb

pytestmark = pytest.mark.faults

PROGRAM = """
import os, signal, sys
import hostsdb

url, when = sys.argv[1:]
with hostsdb.connect(url, initialize=False) as storage:
    with storage.transaction() as inside:
        inside.add_host("10.0.0.1", "a.lan")
        if when == "between":
            os.kill(os.getpid(), signal.SIGKILL)
        inside.add_host("10.0.0.2", "b.lan")
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("engine", ["postgres_url", "duckdb_url", "sqlite_url"])
@pytest.mark.parametrize(("when", "stored"), [("between", 0), ("before", 0), ("after", 2)])
def test_killed(request: pytest.FixtureRequest, engine: str, when: str, stored: int) -> None:
    url = request.getfixturevalue(engine)
    hostsdb.connect(url).close()
    killed = subprocess.run([sys.executable, "-c", PROGRAM, url, when], timeout=60)
    assert killed.returncode == -signal.SIGKILL
    with hostsdb.connect(url) as storage:
        assert len(storage.list_all()) == len(storage.events_since(-1)) == stored
        assert storage.verify() == []
