"""The hosts at a past time, page by page: as get_at_time returns them, in less memory."""

import tracemalloc
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import pytest

from hostsdb import HostEntry, InvalidData, NewHost, Storage
from hostsdb.operations import past
from tests.conformance.samples import FUTURE, new_host

PAGE = 500
# PostgreSQL has pages of 2,000 hosts.
HOSTS = {"postgres": 10_000, "duckdb": 3_000, "sqlite": 3_000}


def same(host: HostEntry) -> HostEntry:
    return host


def in_order(hosts: list[HostEntry]) -> list[HostEntry]:
    return sorted(hosts, key=attrgetter("ip_address", "hostname"))


def test_the_past_by_pages_is_that_of_the_list(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "_PAGE", 2)
    assert storage.map_at_time(FUTURE, str) == []
    hosts = [new_host(storage, n, comment="x", tags=["t"], aliases=[f"h{n}"]) for n in range(7)]
    moment = hosts[-1].updated_at
    storage.update_host(hosts[1].id, comment="", priority=3)
    # One page has deleted hosts only, and the last page ends with one.
    for host in (*hosts[2:4], hosts[6]):
        storage.delete_host(host.id)
    new_host(storage, 9)
    assert in_order(storage.map_at_time(moment, same)) == storage.get_at_time(moment) == hosts
    assert in_order(storage.map_at_time(FUTURE, same)) == storage.get_at_time(FUTURE) == storage.list_all()
    with pytest.raises(ZeroDivisionError):
        storage.map_at_time(FUTURE, lambda host: 1 / 0)
    assert len(storage.map_at_time(FUTURE, same)) == 5
    with pytest.raises(InvalidData):
        storage.map_at_time(moment.replace(tzinfo=None), same)


def test_the_past_is_read_in_a_transaction(storage: Storage) -> None:
    new_host(storage)
    with storage.transaction() as inside:
        new_host(inside, 2)
        for _ in range(2):
            assert in_order(inside.map_at_time(FUTURE, same)) == inside.list_all()
    assert len(storage.map_at_time(FUTURE, same)) == 2


def test_the_memory_holds_one_page(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "_PAGE", PAGE)
    count = HOSTS[storage.backend_name]
    storage.add_hosts([NewHost(f"10.0.{n >> 8}.{n & 255}", f"host{n}.lan") for n in range(count)])
    whole, peak_of_list = peak(lambda: storage.get_at_time(FUTURE))
    ids, peak_of_pages = peak(lambda: storage.map_at_time(FUTURE, attrgetter("id")))
    assert sorted(ids) == sorted(host.id for host in whole) and len(ids) == count
    assert peak_of_pages < peak_of_list / 2, (peak_of_pages, peak_of_list)


def peak(call: Callable[[], list[Any]]) -> tuple[list[Any], int]:
    """Return the result of a call, and how much memory Python took for it at most."""
    tracemalloc.start()
    try:
        return call(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
