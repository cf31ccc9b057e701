"""PostgreSQL: the names between a zone and the pointers of IPv4 addresses, with writers at the same time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

import hostsdb
from hostsdb import Storage
from tests.dns.databases import NameServer

pytestmark = pytest.mark.parametrize("url", ["postgres"], indirect=True)
ABOVE = {"1.168.192.in-addr.arpa"}


@contextmanager
def writing(url: str) -> Iterator[tuple[psycopg.Connection[Any], Storage]]:
    """A transaction of a writer that does not wait for a lock, and the library in it."""
    with (
        hostsdb.connect(url) as storage,
        psycopg.connect(url, options="-clock_timeout=2s") as connection,
        storage.within(connection) as inside,
    ):
        yield connection, inside


def test_two_writers_add_the_first_host_of_a_network(url: str, server: NameServer) -> None:
    """Neither waits for the other one, and the network stays when one of them rolls back."""
    for first_commits in (True, False):
        with writing(url) as (one, first), writing(url) as (other, second):
            first.add_host("192.168.1.5", "a.lan")
            second.add_host("192.168.1.6", "b.lan")
            assert server.empty_names() == set()
            (one if first_commits else other).commit()
            assert server.empty_names() == ABOVE
            (other if first_commits else one).rollback()
            assert server.empty_names() == ABOVE and server.drift() == []
        with hostsdb.connect(url) as storage:
            storage.delete_hosts(storage.list_all())
        assert server.empty_names() == set()


def test_a_network_stays_when_its_last_host_is_deleted_while_another_one_is_added(
    url: str, storage: Storage, server: NameServer
) -> None:
    host = storage.add_host("192.168.1.5", "a.lan")
    with writing(url) as (adding, added), writing(url) as (deleting, deleted):
        added.add_host("192.168.1.6", "b.lan")
        deleted.delete_host(host.id)
        deleting.commit()
        assert server.empty_names() == set()
        adding.commit()
    assert server.empty_names() == ABOVE and server.drift() == []


def test_writers_that_meet_networks_in_another_order_do_not_deadlock(url: str, server: NameServer) -> None:
    with writing(url) as (one, first), writing(url) as (other, second):
        first.add_host("192.168.1.5", "a.lan")
        second.add_host("192.168.2.5", "b.lan")
        first.add_host("192.168.2.6", "c.lan")
        second.add_host("192.168.1.6", "d.lan")
        one.commit()
        other.commit()
    assert server.empty_names() == {"1.168.192.in-addr.arpa", "2.168.192.in-addr.arpa"}
    assert server.drift() == []


def test_a_network_is_that_of_its_own_zone(storage: Storage, server: NameServer) -> None:
    """No name is shown in the upper zone for hosts whose pointers are in a zone below it."""
    storage.add_host("192.168.1.5", "a.lan")
    storage.add_zone("1.168.192.in-addr.arpa", ["ns.lan"], "a@lan")
    assert server.empty_names() == set()
    storage.remove_zone("168.192.in-addr.arpa")
    storage.add_zone("in-addr.arpa", ["ns.lan"], "a@lan")
    assert server.empty_names() == set()
    storage.add_host("192.168.2.5", "b.lan")
    assert server.empty_names() == {"2.168.192.in-addr.arpa", "168.192.in-addr.arpa", "192.in-addr.arpa"}
    assert server.drift() == []


def test_a_text_that_is_no_address_makes_no_network(storage: Storage, server: NameServer) -> None:
    for number, text in enumerate(["192.168.3.256", "192.168.4.1.2", "192.168.5", "192.168.6.x"]):
        storage.append_event(f"host{number}", hostsdb.HostCreated(text, "a.lan"))
    assert server.empty_names() == set() and server.drift() == []
