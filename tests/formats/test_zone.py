"""Zone files: BIND accepts them, dnspython reads them back, and names outside of the zone are named."""

import subprocess
from pathlib import Path
from typing import Any

import dns.zone
import pytest
from hypothesis import given, settings

from hostsdb import HostEntry, InvalidData
from hostsdb.formats import Zone, write
from tests.formats.format_samples import entry, hosts, raw_hosts
from tests.formats.name_server import program

ENTRIES = [
    entry("10.0.0.2", "nas.lan", ("nas", "media.lan"), "disks\n@ IN A 10.6.6.6"),
    entry("10.0.0.1", "ns.lan", priority=-1),
    entry("10.0.0.2", "backup.lan"),
    entry("2001:db8::1", "nas.lan", ("_srv.lan",)),
    entry("10.0.0.3", "nas.lan"),
    entry("10.0.0.4", "lan", ("10.lan", "a.sub.lan", "xn--bcher-kva.lan")),
    entry("10.0.0.5", "plan.example"),
    entry("fe80::1%eth0", "scope.lan"),
    entry("10.0.0.6", 'evil"\n@.lan'),
]
FORWARD = Zone("lan.", "ns.lan", "first.last@lan", 2026)


def written(entries: list[HostEntry], zone: Zone) -> str:
    return "".join(write(entries, "zone", zone=zone))


def records(text: str, zone: Zone) -> list[tuple[str, str, str]]:
    read = dns.zone.from_text(text, zone.origin, relativize=False, check_origin=zone.ns is not None)
    return [(str(name), rdata.rdtype.name, str(rdata)) for name, _, rdata in read.iterate_rdatas()]


def test_names_in_the_zone_have_their_addresses_in_order() -> None:
    text = written(ENTRIES, FORWARD)
    found = records(text, FORWARD)
    assert found[:2] == [
        ("lan.", "SOA", "ns.lan. first\\.last.lan. 2026 7200 900 1209600 300"),
        ("lan.", "NS", "ns.lan."),
    ]
    assert [data for name, kind, data in found if (name, kind) == ("nas.lan.", "A")] == [
        "10.0.0.2",
        "10.0.0.3",
    ]
    assert {name for name, kind, _ in found if kind == "AAAA"} == {"nas.lan.", "_srv.lan."}
    assert {name for name, _, data in found if data == "10.0.0.4"} == {
        "lan.",
        "10.lan.",
        "a.sub.lan.",
        "xn--bcher-kva.lan.",
    }
    comments = [line for line in text.splitlines() if line.startswith(";")]
    assert comments == [
        "; left out, not in the zone: nas: 10.0.0.2 nas.lan nas media.lan",
        "; left out, not in the zone: plan.example: 10.0.0.5 plan.example",
        '; left out, one of its names is not a hostname: 10.0.0.6 evil"\\n@.lan',
        "; left out, DNS cannot carry the scope of its address: fe80::1%eth0 scope.lan",
    ]
    assert text == written(ENTRIES[::-1], FORWARD) and "10.6.6.6" not in text


def test_a_reverse_zone_has_the_first_name_of_each_address() -> None:
    found = records(written(ENTRIES, Zone("10.in-addr.arpa")), Zone("10.in-addr.arpa"))
    assert ("2.0.0.10.in-addr.arpa.", "PTR", "backup.lan.") in found and len(found) == 5
    six = Zone("8.b.d.0.1.0.0.2.ip6.arpa", "ns.lan", "a@lan")
    assert [data for _, kind, data in records(written(ENTRIES, six), six) if kind == "PTR"] == ["nas.lan."]


@pytest.mark.parametrize("zone", [FORWARD, Zone("10.in-addr.arpa", "ns.lan", "a@lan")])
def test_named_checkzone_accepts_the_file(zone: Zone, tmp_path: Path) -> None:
    command = program("named-checkzone", "bind9-utils")
    file = tmp_path / "zone"
    file.write_text(written(ENTRIES, zone))
    done = subprocess.run([command, zone.origin, str(file)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.endswith("OK\n"), done.stdout


@settings(deadline=None)
@given(hosts, raw_hosts)
def test_any_stored_text_gives_a_zone(entries: list[HostEntry], raw: list[HostEntry]) -> None:
    text = written(entries + raw, FORWARD)
    assert {kind for _, kind, _ in records(text, FORWARD)} <= {"SOA", "NS", "A", "AAAA"}
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (("a b",), "not a hostname"),
        (("lan", "ns.lan"), "both the name server and the mail address"),
        (("lan", "-", "a@lan"), "not a hostname"),
        (("lan", "ns.lan", "admin@a b"), "not a hostname"),
        (("lan", "ns.lan", "a b@lan"), "not a mail address"),
        (("lan", "ns.lan", "@lan"), "not a mail address"),
        (
            ("lan", "ns.lan", "admin.lan"),
            '"admin.lan" is not a mail address; write one like admin@example.net',
        ),
        (("lan", "ns.lan", "admin@"), "not a mail address"),
    ],
)
def test_a_zone_needs_valid_names(fields: tuple[Any, ...], reason: str) -> None:
    with pytest.raises(InvalidData, match=reason):
        Zone(*fields)


def test_a_zone_file_needs_a_zone() -> None:
    with pytest.raises(InvalidData, match="needs the name of its zone"):
        write([], "zone")
