"""The records that the live hosts make, after any history."""

import random

import pytest

from hostsdb import DuplicateEntry, HostCreated, Storage
from tests.dns.databases import NameServer, expected_empty_names, expected_records

NAMES = [
    "nas.lan",
    "a.b.c.lan",
    "b.c.lan",
    "x.sub.lan",
    "sub.lan",
    "lan",
    "under_score.lan",
    "nas.other",
    "xn--bcher-kva.lan",
    "5.1.168.192.in-addr.arpa",
]
IPS = [
    "192.168.1.5", "192.168.1.6", "192.168.20.1", "10.0.0.1", "2001:db8::1", "2001:db8:0:1::1", "fe80::1%eth0",
    "::ffff:192.168.1.5",
]  # fmt: skip


def change(storage: Storage, chance: random.Random) -> None:
    """Change one random host."""
    hosts = storage.list_all()
    aliases = chance.sample(NAMES, chance.choice([0, 0, 1, 3]))
    kind = chance.choice(["add", "add", "add", "delete", "address", "name", "aliases", "priority", "comment"])
    try:
        if kind == "add" or not hosts:
            storage.add_host(chance.choice(IPS), chance.choice(NAMES), aliases=aliases)
            return
        host = chance.choice(hosts)
        if kind == "delete":
            storage.delete_host(host.id)
        else:
            values = {
                "address": {"ip_address": chance.choice(IPS)},
                "name": {"hostname": chance.choice(NAMES)},
                "aliases": {"aliases": aliases},
                "priority": {"priority": chance.randint(-1, 1)},
                "comment": {"comment": str(chance.random())},
            }[kind]
            storage.update_host(host.id, **values)  # type: ignore[arg-type]
    except DuplicateEntry:
        pass


@pytest.mark.parametrize("seed", range(3))
def test_records_follow_a_random_history(storage: Storage, server: NameServer, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(25):
        change(storage, chance)
        hosts = storage.list_all()
        assert server.records() == expected_records(hosts)
        assert server.empty_names() == expected_empty_names(expected_records(hosts))
        assert server.drift() == []


def test_texts_that_are_no_address_and_no_hostname_make_no_record(
    storage: Storage, server: NameServer
) -> None:
    texts = [
        "10.0.0.256",
        "1.2.3",
        "01.2.3.4",
        "1:::2",
        "not an address",
        "1.2.3.4.5",
        "::ffff:1.2.3.400",
        "g::1",
    ]
    for number, text in enumerate(texts):
        storage.append_event(f"address{number}", HostCreated(text, "bad.lan"))
    for number, name in enumerate(
        ["two words.lan", "a..lan", "-x.lan", "x-.lan", f"{'x' * 64}.lan", "*.lan", "é.lan"]
    ):
        storage.append_event(f"name{number}", HostCreated("192.168.1.9", name))
    assert server.records() == [] and server.drift() == []


def test_an_alias_is_a_zone_or_written_with_escapes(storage: Storage, server: NameServer) -> None:
    storage.add_host("192.168.1.5", "nas.lan", aliases=["LAN", "short"])
    columns = "event_id, aggregate_id, event_type, event_version, ip_address, hostname, aliases, metadata"
    version = storage.list_all()[0].event_version
    values = [
        version[:-1] + "~",
        "other",
        "HostCreated",
        version,
        "192.168.1.6",
        "x.lan",
        '["a\\u002elan"]',
        "{}",
    ]
    table = "host_events" if server.is_sqlite else "public.host_events"
    server.run(f"INSERT INTO {table} ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    assert server.records(["A"]) == [
        ("a.lan", "A", "192.168.1.6"),
        ("lan", "A", "192.168.1.5"),
        ("nas.lan", "A", "192.168.1.5"),
        ("x.lan", "A", "192.168.1.6"),
    ]
    assert server.drift() == []


def test_other_forms_of_an_address_and_of_a_name_make_the_same_record(
    storage: Storage, server: NameServer
) -> None:
    storage.append_event("one", HostCreated("2001:DB8:0::A", "NAS.Lan"))
    storage.append_event("two", HostCreated("2001:db8::a", "nas.lan"))
    assert [record for record in server.records() if record[1] == "AAAA"] == [
        ("nas.lan", "AAAA", "2001:db8::a")
    ]


def test_a_record_stays_until_the_last_host_that_makes_it_is_deleted(
    storage: Storage, server: NameServer
) -> None:
    first = storage.add_host("192.168.1.5", "nas.lan")
    second = storage.add_host("192.168.1.5", "files.lan", aliases=["nas.lan"])
    assert server.records(["A"]).count(("nas.lan", "A", "192.168.1.5")) == 1
    storage.delete_host(first.id)
    assert ("nas.lan", "A", "192.168.1.5") in server.records()
    storage.delete_host(second.id)
    assert server.records() == []


def test_the_pointer_is_the_hostname_of_the_first_host(storage: Storage, server: NameServer) -> None:
    storage.add_host("192.168.1.5", "second.lan")
    third = storage.add_host("192.168.1.5", "first.lan", priority=-1)
    assert server.records(["PTR"]) == [("5.1.168.192.in-addr.arpa", "PTR", "first.lan")]
    storage.update_host(third.id, priority=1)
    assert server.records(["PTR"]) == [("5.1.168.192.in-addr.arpa", "PTR", "second.lan")]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_the_trigger_repeats_the_rules_of_the_views(storage: Storage, server: NameServer) -> None:
    """It has the rule for IPv4 addresses of dns_addresses, and the rule for hostnames of dns_host_names."""

    def words(name: str) -> str:
        ((text,),) = server.run("SELECT sql FROM sqlite_master WHERE name = ?", [name])
        return " ".join(
            text.replace("new.", "x.").replace("h.ip", "x.ip").replace("a.hostname", "x.hostname").split()
        )

    def between(text: str, first: str, last: str) -> str:
        return text[text.index(first) : text.index(last) + len(last)]

    trigger, view = words("dns_entry_inserted"), words("dns_addresses")
    compact = str.maketrans("", "", " ")
    rule = between(trigger, "x.ip_address NOT GLOB '*[^0-9.]*'", "'.in-addr.arpa'").translate(compact)
    assert rule in view.translate(compact) and len(rule) > 400
    rule = between(trigger, "iif( length(x.hostname)", "lower(x.hostname), NULL )").translate(compact)
    assert rule in words("dns_host_names").translate(compact) and len(rule) > 200


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_the_names_above_a_name_are_right_for_a_client_with_any_pragma(
    storage: Storage, server: NameServer, recursive: str
) -> None:
    server.run(f"PRAGMA recursive_triggers = {recursive}")
    for name in ["a.b.c.d.lan", "x.c.d.lan", "v.w.x.d.lan", "y.lan"]:
        server.add(name, "A", "192.168.1.5")
        assert server.drift() == []
    assert server.empty_names() == expected_empty_names(server.records())
    for name in ["x.c.d.lan", "a.b.c.d.lan", "v.w.x.d.lan"]:
        server.delete(name, "A")
        assert server.drift() == []
    assert server.empty_names() == expected_empty_names(server.records())
