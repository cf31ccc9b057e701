"""PowerDNS signs the zones: a validating client accepts each answer, also that a name or a record is missing."""

import subprocess
from pathlib import Path

import pytest

from hostsdb import Storage
from tests.support.powerdns import NO_CACHES, PowerDNS, backend, program

ZONES = ["lan", "168.192.in-addr.arpa"]
POINTER = "1.1.168.192.in-addr.arpa"


def trust_anchors(server: PowerDNS, file: Path) -> None:
    """Write the keys of the zones for delv."""
    lines = []
    for zone in ZONES:
        flags, protocol, algorithm, key = server.dig(zone, "DNSKEY")[0].split(maxsplit=3)
        lines.append(f'{zone}. static-key {flags} {protocol} {algorithm} "{key.replace(" ", "")}";')
    file.write_text("trust-anchors {\n" + "\n".join(lines) + "\n};\n")


def validated(server: PowerDNS, anchors: Path, name: str, kind: str) -> str:
    """Return what delv prints about an answer."""
    zone = next(zone for zone in ZONES if name.endswith(zone))
    options = ["@127.0.0.1", "-p", str(server.port), "-a", str(anchors), f"+root={zone}"]
    command = [program("delv", "bind9-dnsutils"), *options, name, kind]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    return done.stdout + done.stderr


def test_signed_zones(storage: Storage, url: str, tmp_path: Path) -> None:
    anchors = tmp_path / "anchors"
    storage.add_host("192.168.1.1", "nas.lan", aliases=["a.b.lan"])
    setting = "gsqlite3-dnssec=yes\n" if url.startswith("sqlite") else "gpgsql-dnssec=yes\n"
    server = PowerDNS(tmp_path, backend(url) + setting + NO_CACHES)
    with server.running():
        for zone in ZONES:
            for command in (
                ("secure-zone", zone),
                ("set-nsec3", zone, "1 0 0 -", "narrow"),
                ("rectify-zone", zone),
                ("check-zone", zone),
            ):
                done = server.util(*command)
                assert done.returncode == 0, done.stdout + done.stderr
        trust_anchors(server, anchors)
        storage.add_host("192.168.1.2", "later.lan")
        for name, kind, value in (
            ("a.b.lan", "A", "192.168.1.1"),
            ("later.lan", "A", "192.168.1.2"),
            ("lan", "SOA", "hostmaster.lan."),
            (POINTER, "PTR", "nas.lan."),
        ):
            printed = validated(server, anchors, name, kind)
            assert "; fully validated" in printed and value in printed, printed
        for name, kind, reason in (
            ("nas.lan", "AAAA", "NXRRSET"),
            ("b.lan", "A", "NXRRSET"),
            (POINTER[2:], "PTR", "NXRRSET"),
            ("missing.lan", "A", "NXDOMAIN"),
            ("9." + POINTER[2:], "PTR", "NXDOMAIN"),
        ):
            printed = validated(server, anchors, name, kind)
            assert "negative response, fully validated" in printed and reason in printed, printed
    assert storage.verify() == [] and len(storage.events_since(-1)) == 2


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_zone_in_narrow_mode_is_not_transferred(storage: Storage, url: str, tmp_path: Path) -> None:
    storage.add_host("192.168.1.1", "nas.lan")
    server = PowerDNS(tmp_path, backend(url) + "gsqlite3-dnssec=yes\n" + NO_CACHES)
    with server.running():
        assert server.transfer("lan")
        assert server.util("secure-zone", "lan").returncode == 0
        assert server.util("set-nsec3", "lan", "1 0 0 -", "narrow").returncode == 0
        assert not server.transfer("lan")
