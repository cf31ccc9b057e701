"""The command erase."""

from __future__ import annotations

import json

import pytest

import hostsdb
from tests.support.command import hostsdb_command


@pytest.fixture
def url(current_sqlite_url: str) -> str:
    """The host `gone.lan` was there twice, and is there again."""
    with hostsdb.connect(current_sqlite_url) as storage:
        for number in range(2):
            host = storage.add_host(f"10.0.0.{number}", "gone.lan")
            storage.delete_host(host.id)
        storage.add_host("10.0.0.9", "gone.lan")
        storage.add_host("10.0.0.8", "live.lan")
    return current_sqlite_url


def erase(url: str, *arguments: str, code: int = 0) -> tuple[str, str]:
    done = hostsdb_command("erase", *arguments, HOSTSDB_URL=url)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


def test_earlier_hosts_are_listed_and_erased_by_their_ids(url: str) -> None:
    shown, listed = erase(url, "gone.lan", "--delete", "--reason", "x", "--yes")
    assert shown.endswith(": 2 events\n")
    earlier = [line.split()[2] for line in listed.splitlines() if line.startswith("earlier host: ")]
    assert len(earlier) == 2
    _, listed = erase(url, "gone.lan", "--reason", "x", "--yes", code=1)
    assert listed.startswith('hostsdb: 2 hosts match "gone.lan"; give the id of one:\n')
    for id in earlier:
        assert erase(url, id, "--reason", "y", "--by", "me", "--yes") == (f"erased {id}: 2 events\n", "")
    assert "no host has the id" in erase(url, "gone.lan", "--reason", "x", "--yes", code=1)[1]
    assert len(erase(url, "--list")[0].splitlines()) == 4
    erasures = json.loads(erase(url, "--list", "--json")[0])
    found = {e["aggregate_id"]: (e["erased_by"], e["reason"]) for e in erasures if e["reason"] == "y"}
    assert found == dict.fromkeys(earlier, ("me", "y"))


def test_the_result_as_json(url: str) -> None:
    with hostsdb.connect(url) as storage:
        [host] = storage.find_hosts("live.lan")
    shown, _ = erase(url, host.id, "--delete", "--reason", "x", "--yes", "--json")
    assert json.loads(shown) == {"id": host.id, "events": 2}


def test_it_asks_and_a_live_host_stays(url: str) -> None:
    assert (
        "is not deleted; delete it first, or use --delete"
        in erase(url, "live.lan", "--reason", "x", code=1)[1]
    )
    assert (
        "There is no terminal to answer on" in erase(url, "live.lan", "--delete", "--reason", "x", code=2)[1]
    )
    for wrong in ([], ["live.lan"], ["live.lan", "--list"]):
        assert "give HOST and --reason, or --list" in erase(url, *wrong, code=2)[1]
    with hostsdb.connect(url) as storage:
        assert len(storage.find_hosts("live.lan")) == 1
    assert erase(url, "--list")[0] != ""
