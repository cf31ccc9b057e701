"""I3: no two live hosts share (ip_address, hostname), with any type of event and any number of writers."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from tests.schema.raw import ERRORS, Raw, changed, created, deleted, refused

PAIR = "host_entries_ip_address_hostname"


@pytest.fixture
def two_hosts(raw: Raw) -> Raw:
    """10.0.0.1 a, 10.0.0.2 a, 10.0.0.1 b: each change of one is a step from another's pair."""
    raw.insert_event(**created("one", hostname="a"))
    raw.insert_event(**created("two", ip="10.0.0.2", hostname="a"))
    raw.insert_event(**created("three", hostname="b"))
    return raw


TAKEN: list[dict[str, Any]] = [
    created("new", hostname="a"),
    changed("two", "IpAddressChanged", 2, ip_address="10.0.0.1"),
    changed("three", "HostnameChanged", 2, hostname="a"),
]


@pytest.mark.parametrize("columns", TAKEN)
def test_a_pair_that_is_taken_is_refused(two_hosts: Raw, columns: dict[str, Any]) -> None:
    before = two_hosts.rows("host_entries")
    with refused(two_hosts, PAIR):
        two_hosts.insert_event(**columns)
    assert two_hosts.rows("host_entries") == before
    assert two_hosts.run("SELECT count(*) FROM host_events") == [(3,)]


@pytest.mark.parametrize("clause", ["IGNORE", "REPLACE", "FAIL", "ROLLBACK", "ABORT"])
@pytest.mark.parametrize("columns", TAKEN)
@pytest.mark.parametrize("recursive_triggers", ["ON", "OFF"])
def test_sqlite_conflict_clauses_lose_no_host(
    sqlite: Raw, clause: str, columns: dict[str, Any], recursive_triggers: str
) -> None:
    sqlite.run(f"PRAGMA recursive_triggers = {recursive_triggers}")
    for host in (created("one", hostname="a"), created("two", ip="10.0.0.2", hostname="a")):
        sqlite.insert_event(**host)
    sqlite.insert_event(**created("three", hostname="b"))
    before = sqlite.rows("host_entries")
    with refused(sqlite, PAIR):
        sqlite.insert_event(clause=f"INSERT OR {clause} INTO", **columns)
    assert sqlite.rows("host_entries") == before
    sqlite.assert_consistent()


def test_a_pair_is_free_again_after_a_change_or_a_deletion(two_hosts: Raw) -> None:
    two_hosts.insert_event(**changed("one", "IpAddressChanged", 2, ip_address="10.0.0.9"))
    two_hosts.insert_event(**created("next", hostname="a"))
    two_hosts.insert_event(**deleted("next", 2))
    two_hosts.insert_event(**created("last", hostname="a"))
    assert len(two_hosts.rows("host_entries")) == 4
    two_hosts.assert_consistent()


def test_one_transaction_may_delete_and_create_the_same_pair_again_and_again(raw: Raw) -> None:
    raw.run("BEGIN")
    for number in range(4):
        raw.insert_event(**created(f"host{number}", hostname="same"))
        raw.insert_event(**deleted(f"host{number}", 2))
    raw.insert_event(**created("last", hostname="same"))
    raw.run("COMMIT")
    assert raw.rows("host_entries", "id") == [("last",)]
    raw.assert_consistent()


def test_a_swap_goes_by_way_of_a_third_address(two_hosts: Raw) -> None:
    two_hosts.run("BEGIN")
    two_hosts.insert_event(**changed("one", "IpAddressChanged", 2, ip_address="10.0.0.3"))
    two_hosts.insert_event(**changed("two", "IpAddressChanged", 2, ip_address="10.0.0.1"))
    two_hosts.insert_event(**changed("one", "IpAddressChanged", 3, ip_address="10.0.0.2"))
    two_hosts.run("COMMIT")
    live = two_hosts.rows("host_entries", "id, ip_address")
    assert live == [("one", "10.0.0.2"), ("three", "10.0.0.1"), ("two", "10.0.0.1")]
    two_hosts.assert_consistent()


def test_a_swap_in_one_statement_is_refused(two_hosts: Raw) -> None:
    swap = [
        changed("one", "IpAddressChanged", 2, ip_address="10.0.0.2"),
        changed("two", "IpAddressChanged", 2, ip_address="10.0.0.1"),
    ]
    with refused(two_hosts, PAIR):
        two_hosts.insert_events(swap)
    pairs = two_hosts.rows("host_entries", "ip_address, hostname")
    assert len(set(pairs)) == 3
    two_hosts.assert_consistent()


def test_two_creations_of_a_pair_in_one_statement_are_refused(raw: Raw) -> None:
    with refused(raw, PAIR if raw.dialect != "duckdb" else "10.0.0.1, same"):
        raw.insert_events([created("a", hostname="same"), created("b", hostname="same")])
    assert raw.rows("host_events") == raw.rows("host_entries") == []


@pytest.mark.parametrize("kind", ["creation", "address", "name"])
def test_of_racing_writers_one_gets_the_pair(raw: Raw, kind: str) -> None:
    hosts = [f"host{number}" for number in range(6)]
    attempts = {"creation": [created(host, hostname="same") for host in hosts]}
    attempts["address"] = [changed(host, "IpAddressChanged", 2, ip_address="10.0.0.99") for host in hosts]
    attempts["name"] = [changed(host, "HostnameChanged", 2, hostname="same") for host in hosts]
    for number, host in enumerate(hosts if kind != "creation" else []):
        if kind == "address":
            raw.insert_event(**created(host, ip=f"10.0.0.{number}", hostname="same"))
        else:
            raw.insert_event(**created(host))
    barrier = Barrier(len(hosts))

    def attempt(columns: dict[str, Any]) -> bool:
        connection = raw.connect()
        barrier.wait()
        try:
            raw.run("BEGIN", on=connection)
            raw.insert_event(on=connection, **columns)
            raw.run("COMMIT", on=connection)
            return True
        except ERRORS:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(len(hosts)) as pool:
        assert list(pool.map(attempt, attempts[kind])).count(True) == 1
    raw.assert_consistent()
