"""What PowerDNS writes becomes events."""

import pytest

from hostsdb import Storage
from tests.dns.databases import NameServer


def kinds(storage: Storage) -> list[str]:
    """Return the types of all events, with who stored each of PowerDNS's."""
    stored = storage.events_since(-1)
    return [
        type(event.event).__name__ + (" by powerdns" if event.created_by == "powerdns" else "")
        for event in stored
    ]


def pairs(storage: Storage) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(host.ip_address, host.hostname, host.aliases) for host in storage.list_all()]


def test_an_added_record_is_a_new_host(storage: Storage, server: NameServer) -> None:
    server.add("nas.lan", "A", "192.168.1.5")
    server.add("nas.lan", "AAAA", "2001:db8::5")
    assert pairs(storage) == [("192.168.1.5", "nas.lan", ()), ("2001:db8::5", "nas.lan", ())]
    assert kinds(storage) == ["HostCreated by powerdns"] * 2
    server.add("nas.lan", "A", "192.168.1.5")  # it is there
    assert len(kinds(storage)) == 2 and storage.verify() == []


def test_a_deleted_record_is_a_deleted_host(storage: Storage, server: NameServer) -> None:
    storage.add_host("192.168.1.5", "nas.lan", aliases=["files.lan"])
    storage.add_host("192.168.1.6", "nas.lan")
    server.delete("nas.lan", "A")
    assert pairs(storage) == [] and server.records() == []
    assert kinds(storage)[2:] == ["HostDeleted by powerdns"] * 2 and storage.verify() == []


def test_a_deleted_record_of_an_alias_removes_the_alias(storage: Storage, server: NameServer) -> None:
    storage.add_host("192.168.1.5", "nas.lan", aliases=["files.lan", "media.lan"], comment="c", tags=["t"])
    server.delete("files.lan", "A")
    assert pairs(storage) == [("192.168.1.5", "nas.lan", ("media.lan",))]
    (host,) = storage.list_all()
    assert (host.comment, host.tags) == ("c", ("t",)) and kinds(storage)[1:] == [
        "AliasesModified by powerdns"
    ]


def test_a_record_of_a_host_and_of_an_alias_is_deleted_from_both(
    storage: Storage, server: NameServer
) -> None:
    storage.add_host("192.168.1.5", "nas.lan")
    storage.add_host("192.168.1.5", "files.lan", aliases=["nas.lan"])
    server.delete("nas.lan", "A")
    assert pairs(storage) == [("192.168.1.5", "files.lan", ())]
    assert ("nas.lan", "A", "192.168.1.5") not in server.records()


def test_a_replaced_address_keeps_the_host_and_what_it_has(storage: Storage, server: NameServer) -> None:
    storage.add_host("192.168.1.5", "nas.lan", aliases=["files.lan"], comment="c", tags=["t"], priority=3)
    server.replace("nas.lan", "A", ["192.168.1.9"])
    (host,) = storage.list_all()
    assert (host.ip_address, host.hostname, host.aliases) == ("192.168.1.9", "nas.lan", ("files.lan",))
    assert (host.comment, host.tags, host.priority) == ("c", ("t",), 3)
    changed = ["HostDeleted", "HostCreated"] if server.is_sqlite else ["IpAddressChanged"]
    assert kinds(storage)[1:] == [f"{kind} by powerdns" for kind in changed] and storage.verify() == []


def test_the_same_records_again_are_no_change_on_postgresql(storage: Storage, server: NameServer) -> None:
    storage.add_host("192.168.1.5", "nas.lan", comment="c")
    storage.add_host("192.168.1.6", "nas.lan")
    server.replace("nas.lan", "A", ["192.168.1.6", "192.168.1.5", "192.168.1.7"])
    assert {host.ip_address for host in storage.list_all()} == {f"192.168.1.{n}" for n in (5, 6, 7)}
    if not server.is_sqlite:
        assert kinds(storage)[2:] == ["HostCreated by powerdns"]
    assert storage.verify() == [] and server.drift() == []


@pytest.mark.parametrize("kind", ["TXT", "MX", "SRV", "CNAME"])
def test_other_types_are_refused_without_a_partial_write(
    storage: Storage, server: NameServer, kind: str
) -> None:
    server.run("BEGIN")
    server.add("nas.lan", "A", "192.168.1.5")
    with pytest.raises(Exception, match=r"hostsdb has no records of th"):
        server.add("nas.lan", kind, "10 mail.lan")
    server.run("ROLLBACK")
    assert kinds(storage) == []


def test_derived_records_cannot_be_written(storage: Storage, server: NameServer) -> None:
    storage.add_host("192.168.1.5", "nas.lan")
    before = server.records(["A", "PTR", "SOA", "NS"])
    server.replace("5.1.168.192.in-addr.arpa", "PTR", ["other.lan"])
    server.replace("lan", "NS", ["other.lan"])
    server.replace("lan", "SOA", ["ns.lan hostmaster.lan 1 2 3 4 5"])
    server.run("UPDATE records SET ordername = 'x', auth = auth WHERE name = 'nas.lan'")
    assert server.records(["A", "PTR", "SOA", "NS"]) == before and len(kinds(storage)) == 1


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("nas.lan", "A", "2001:db8::1"),
        ("two words.lan", "A", "192.168.1.5"),
        ("nas.lan", "AAAA", "192.168.1.5"),
    ],
)
def test_a_record_that_no_host_makes_is_refused(
    storage: Storage, server: NameServer, name: str, kind: str, content: str
) -> None:
    with pytest.raises(Exception, match=r"hostsdb cannot store|records_insert"):
        server.add(name, kind, content)
    assert kinds(storage) == []


def test_zones_are_not_added_or_removed_through_powerdns(storage: Storage, server: NameServer) -> None:
    storage.add_host("192.168.1.5", "nas.lan")
    with pytest.raises(Exception, match="hostsdb zone add"):
        server.run("INSERT INTO domains (type, name) VALUES ('NATIVE', 'other')")
    server.run("BEGIN")
    server.run("DELETE FROM records WHERE domain_id = ?", [server.zone_id("nas.lan")])
    with pytest.raises(Exception, match="PowerDNS cannot"):
        server.run("DELETE FROM domains WHERE name = 'lan'")
    server.run("ROLLBACK")
    assert len(storage.list_all()) == 1


def test_a_transaction_reads_what_it_has_written(storage: Storage, server: NameServer) -> None:
    server.run("BEGIN")
    server.add("nas.lan", "A", "192.168.1.5")
    server.add("nas.lan", "A", "192.168.1.6")
    assert len(server.records(["A"])) == 2
    server.delete("nas.lan", "A")
    assert server.records(["A"]) == []
    server.add("nas.lan", "A", "192.168.1.6")
    server.run("COMMIT")
    assert pairs(storage) == [("192.168.1.6", "nas.lan", ())] and storage.verify() == []


def test_a_version_is_above_one_of_a_clock_that_was_ahead(storage: Storage, server: NameServer) -> None:
    ahead = "7ZZZZZZZZZ0000000000000ZZZ" if server.is_sqlite else None
    host = storage.add_host("192.168.1.5", "nas.lan")
    if ahead is None:
        version = server.run("SELECT dns.new_version(?)", [f"{host.event_version[:20]}ZZZZZZ"])[0][0]
        assert version > f"{host.event_version[:20]}ZZZZZZ"
        later = server.run("SELECT dns.new_version('7ZZZZZZZZZ0000000000000ZZZ')")[0][0]
        assert later == "7ZZZZZZZZZ0000000000001000"
    server.delete("nas.lan", "A")
    assert storage.verify() == [] and storage.list_all() == []


def test_a_change_that_is_lost_to_another_writer_is_computed_again(
    storage: Storage, server: NameServer
) -> None:
    """PowerDNS's transaction begins first and commits after the other writer's."""
    if server.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    host = storage.add_host("192.168.1.5", "nas.lan")
    server.run("BEGIN")
    server.run("SELECT * FROM records")
    storage.update_host(host.id, comment="faster")
    server.delete("nas.lan", "A")
    server.run("COMMIT")
    assert storage.list_all() == [] and storage.verify() == []
