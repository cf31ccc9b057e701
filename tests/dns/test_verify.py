"""verify compares the names with the live hosts, rebuild repairs them, and an erased host leaves none."""

import pytest

from hostsdb import Storage
from tests.dns.databases import NameServer, expected_empty_names, expected_records
from tests.verifying.damage import faults, rebuild

STRAY = "VALUES ('stray.lan', 'A', 0, {position}, '192.168.1.9', {zone}, 'nobody')"
# What somebody does to the table, and the kinds of the faults.
DAMAGE = {
    "missing": ("DELETE FROM {table} WHERE name = 'files.lan'", {"name_missing"}),
    "extra": (f"INSERT INTO {{table}} {STRAY}", {"name_extra"}),
    "taken": (
        "UPDATE {table} SET host_id = 'nobody', content = '192.168.9.9' WHERE name = 'files.lan'",
        {"name_missing", "name_extra"},
    ),
    "moved": (
        "UPDATE {table} SET name = 'x.y.lan' WHERE name = 'files.lan'",
        {"name_missing", "name_extra"},
    ),
}


def filled(storage: Storage) -> None:
    storage.add_host("192.168.1.5", "nas.lan", aliases=["files.lan", "a.b.lan", "c.b.lan"])
    storage.add_host("192.168.1.6", "x.sub.lan")
    storage.add_host("2001:db8::1", "six.lan")


def assert_repaired(url: str, storage: Storage, server: NameServer) -> None:
    assert rebuild(url) == len(storage.list_all())
    assert faults(url) == [] and server.drift() == []
    records = expected_records(storage.list_all())
    assert server.records() == records
    assert server.empty_names() == expected_empty_names(records)


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_names_are_found_and_repaired(
    url: str, storage: Storage, server: NameServer, kind: str
) -> None:
    filled(storage)
    assert faults(url) == []
    statement, kinds = DAMAGE[kind]
    ((position,),) = server.run(f"SELECT max(first_position) FROM {server.names}")
    server.run(statement.format(table=server.names, position=position, zone=server.zone_id("lan")))
    assert {fault.kind for fault in faults(url)} == kinds
    assert_repaired(url, storage, server)


def test_a_stray_row_in_the_place_of_a_record_does_not_stop_a_rebuild(
    url: str, storage: Storage, server: NameServer
) -> None:
    filled(storage)
    names = "name, type, priority, first_position, content, zone_id, host_id"
    server.run(f"CREATE TABLE kept AS SELECT * FROM {server.names}")
    for host in storage.list_all():
        storage.delete_host(host.id)
    server.run(f"INSERT INTO {server.names} ({names}) SELECT {names} FROM kept")
    server.run("DROP TABLE kept")
    assert {fault.kind for fault in faults(url)} == {"name_extra"}
    assert_repaired(url, storage, server)


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
def test_a_missing_network_is_found_and_repaired(url: str, storage: Storage, server: NameServer) -> None:
    filled(storage)
    server.run("DELETE FROM networks WHERE prefix = '192.168.1.'")
    (fault,) = faults(url)
    assert fault.kind == "name_missing" and "1.168.192.in-addr.arpa ENT" in fault.words
    assert_repaired(url, storage, server)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_wrong_count_of_the_names_below_a_name_is_found_and_repaired(
    url: str, storage: Storage, server: NameServer
) -> None:
    filled(storage)
    server.run("UPDATE dns_parents SET children = children + 1 WHERE name = 'b.lan'")
    server.run("INSERT INTO dns_parents (name, zone_id, children) VALUES ('stray.lan', 1, 1)")
    found = faults(url)
    assert [fault.kind for fault in found] == ["name_extra", "name_extra", "name_missing"]
    assert "the name server has the record stray.lan ENT" in found[1].words
    assert_repaired(url, storage, server)


def test_an_erased_host_leaves_no_name_and_the_serial_increases(
    url: str, storage: Storage, server: NameServer
) -> None:
    filled(storage)
    host = storage.find_by_ip_and_hostname("192.168.1.5", "nas.lan")
    assert host is not None
    storage.delete_host(host.id)
    before = server.serial()
    storage.erase_host(host.id, reason="asked for")
    assert server.serial() >= before  # the newest events are erased ones
    records = expected_records(storage.list_all())
    assert server.records() == records and server.empty_names() == expected_empty_names(records)
    assert server.run(f"SELECT * FROM {server.names} WHERE host_id = ?", [host.id]) == []
    storage.add_host("192.168.1.5", "new.lan")
    assert server.serial() > before
    assert faults(url) == []
