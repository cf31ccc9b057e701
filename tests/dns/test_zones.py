"""The zones: the command and the methods, the longest one that matches, the serial."""

import pytest

import hostsdb
from hostsdb import InvalidData, MigrationFailed, NotFound, ServedZone, Storage
from tests.dns.databases import ZONES, NameServer, expected_records
from tests.support.command import hostsdb_command


def test_the_command_adds_lists_and_removes(url: str) -> None:
    done = hostsdb_command(
        "zone", "add", "Home.", "--ns", "ns1.lan", "--ns", "ns2.lan", "--mail", "a.b@lan", "--url", url
    )
    assert (done.returncode, done.stdout) == (0, "added home\n")
    assert "home\tns1.lan ns2.lan\ta.b@lan\t300" in hostsdb_command("zone", "list", "--url", url).stdout
    again = hostsdb_command("zone", "add", "home", "--ns", "x.lan", "--mail", "a@lan", "--url", url)
    assert again.returncode == 1 and "there is a zone home already" in again.stderr
    assert hostsdb_command("zone", "remove", "home", "--url", url).stdout == "removed home\n"
    assert 'no zone has the name "home"' in hostsdb_command("zone", "remove", "home", "--url", url).stderr


def test_the_methods(storage: Storage) -> None:
    added = storage.add_zone("Home", ["NS.lan."], "a@Lan", ttl=60)
    assert added == ServedZone("home", ("ns.lan",), "a@lan", 60) and added in storage.list_zones()
    storage.remove_zone("home")
    with pytest.raises(NotFound):
        storage.remove_zone("home")
    for name, ns, mail, ttl in (
        ("a b", ["n.lan"], "a@b", 1),
        ("x", [], "a@b", 1),
        ("x", ["n.lan"], "nobody", 1),
        ("x", ["n.lan"], "a@b", -1),
    ):
        with pytest.raises(InvalidData):
            storage.add_zone(name, ns, mail, ttl)


@pytest.mark.parametrize("engine", ["postgres", "sqlite", "duckdb"])
def test_without_the_migrations_the_way_out_is_named(request: pytest.FixtureRequest, engine: str) -> None:
    url = request.getfixturevalue(f"current_{engine}_url")
    with hostsdb.connect(url) as storage, pytest.raises(MigrationFailed, match="run hostsdb init --with dns"):
        storage.list_zones()


def test_a_name_belongs_to_the_longest_zone_that_matches(storage: Storage, server: NameServer) -> None:
    storage.add_host("192.168.1.5", "a.sub.lan", aliases=["b.lan", "c.other", "sub.lan"])
    ids = dict(server.run("SELECT name, id FROM domains"))
    found = server.run("SELECT name, domain_id FROM records WHERE type = 'A' ORDER BY name")
    assert found == [("a.sub.lan", ids["sub.lan"]), ("b.lan", ids["lan"]), ("sub.lan", ids["sub.lan"])]
    storage.remove_zone("sub.lan")
    found = server.run("SELECT name, domain_id FROM records WHERE type = 'A' ORDER BY name")
    assert {zone for _, zone in found} == {ids["lan"]} and len(found) == 3
    storage.add_zone("other", ["ns.lan"], "a@lan")
    zones = [*ZONES, "other"]
    zones.remove("sub.lan")
    assert server.records() == expected_records(storage.list_all(), zones) and server.drift() == []


def test_the_serial_increases_with_every_change(storage: Storage, server: NameServer) -> None:
    seen = [server.serial()]
    host = storage.add_host("192.168.1.5", "nas.lan")
    seen.append(server.serial())
    storage.update_host(host.id, aliases=["files.lan"])
    seen.append(server.serial())
    storage.add_zone("more.lan", ["ns.lan"], "a@lan")
    seen.append(server.serial())
    storage.remove_zone("more.lan")
    seen.append(server.serial())
    storage.remove_zone("lan")
    storage.add_zone("lan", ["ns.lan"], "a@lan")
    seen.append(server.serial())
    assert seen == sorted(set(seen))


def test_the_soa_and_ns_records(storage: Storage, server: NameServer) -> None:
    storage.add_zone("home", ["ns1.lan", "ns2.lan"], "first.last@lan", ttl=60)
    assert [(name, content) for name, _, content in server.records(["NS"]) if name == "home"] == [
        ("home", "ns1.lan"), ("home", "ns2.lan")
    ]  # fmt: skip
    ((content, ttl),) = server.run("SELECT content, ttl FROM records WHERE type = 'SOA' AND name = 'home'")
    assert content.startswith(r"ns1.lan first\.last.lan ") and ttl == 60


def test_the_serial_is_that_of_the_newest_event_that_every_reader_sees(
    storage: Storage, server: NameServer
) -> None:
    storage.add_host("192.168.1.5", "nas.lan")
    position = storage.log_end()
    assert server.serial("168.192.in-addr.arpa") == (position if server.is_sqlite else position >> 22) % 2**32
