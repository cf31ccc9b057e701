"""hostsdb consumers: list, reset, remove."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import hostsdb


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with two hosts and a consumer that has seen them."""
    url = f"sqlite:///{tmp_path}/hosts.db"
    with hostsdb.connect(url) as storage:
        for name in ("a.lan", "b.lan"):
            storage.add_host("10.0.0.1", name)
        with storage.consuming("audit"):
            pass
    return url


def consumers(url: str, *arguments: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "hostsdb", "consumers", *arguments, "--url", url]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_consumers(url: str) -> None:
    with hostsdb.connect(url) as storage:
        end = storage.log_end()
    [listed] = json.loads(consumers(url, "list", "--json"))
    assert (listed["name"], listed["position"]) == ("audit", end)
    assert "audit" in consumers(url, "list")
    assert consumers(url, "reset", "audit", "--to", "-1") == "reset audit to -1\n"
    with hostsdb.connect(url) as storage, storage.consuming("audit") as batch:
        assert len(batch.events) == 2
    refused = consumers(url, "reset", "audit", "--to", "99", code=1)
    assert refused == f"hostsdb: 99 is no position of this log; give one from -1 to {end}\n"
    assert consumers(url, "remove", "audit") == "removed audit\n"
    unknown = consumers(url, "remove", "audit", code=1)
    assert unknown == 'hostsdb: no consumer has the name "audit"; list the consumers to see their names\n'
    assert consumers(url, "list", "--json") == "[]\n"
