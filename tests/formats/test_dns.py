"""The files for dnsmasq and unbound: both programs accept them and answer from them."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from hostsdb import HostEntry
from hostsdb.formats.dns import MAX_LINE
from tests.formats.format_samples import entry, hosts, raw_hosts, written
from tests.formats.name_server import AAAA, A, NameServer, check, dnsmasq, program, unbound

LONG = ".".join(["a" * 63] * 3 + ["b" * 61])
ENTRIES = [
    entry("192.168.1.10", "nas.lan", ("nas", "media.lan"), 'say "hi"\nlocal-data: \\ #', ("t",)),
    entry("192.168.1.11", "nas.lan", ("nas",)),
    entry("2001:db8::10", "nas.lan"),
    entry("::ffff:10.0.0.9", "mapped.lan"),
    entry("10.0.0.5", "z.lan"),
    entry("10.0.0.5", "b.lan", ("z.lan", "c.lan")),
    entry("10.0.0.6", "10"),
    entry("10.0.0.7", "_srv.xn--bcher-kva.lan", (LONG,)),
    entry("10.0.0.8", "many.lan", tuple(f"alias-{n}.lan" for n in range(500)), "ü" * 5000),
    entry("fe80::1%eth0", "scope.lan"),
    entry("nowhere", "x" * 5000, (), "lost"),
    entry("10.0.0.4", 'evil"\nserver=1.1.1.1', ("\U000e0001" * 400,)),
    entry("10.0.0.4", "bad.lan", ("a b",)),
]


def test_the_text_for_dnsmasq() -> None:
    assert written(ENTRIES[:3] + ENTRIES[5:7] + ENTRIES[9:10] + ENTRIES[12:], "dnsmasq").decode() == (
        "# left out, one of its names is not a hostname: 10.0.0.4 bad.lan a b\n"
        "host-record=b.lan,z.lan,c.lan,10.0.0.5\n"
        "host-record=10.,10.0.0.6\n"
        '# say "hi"\\nlocal-data: \\ #\n'
        "host-record=nas.lan,nas,media.lan,192.168.1.10\n"
        "host-record=nas.lan,nas,192.168.1.11\n"
        "host-record=nas.lan,2001:db8::10\n"
        "# left out, DNS cannot carry the scope of its address: fe80::1%eth0 scope.lan\n"
    )


def test_the_text_for_unbound() -> None:
    assert written(ENTRIES[:1] + ENTRIES[2:3] + ENTRIES[4:6] + ENTRIES[10:11], "unbound").decode() == (
        "server:\n"
        'local-data-ptr: "10.0.0.5 b.lan."\n'
        'local-data: "b.lan. IN A 10.0.0.5"\n'
        'local-data: "z.lan. IN A 10.0.0.5"\n'
        'local-data: "c.lan. IN A 10.0.0.5"\n'
        '# say "hi"\\nlocal-data: \\ #\n'
        'local-data-ptr: "192.168.1.10 nas.lan."\n'
        'local-data: "nas.lan. IN A 192.168.1.10"\n'
        'local-data: "nas. IN A 192.168.1.10"\n'
        'local-data: "media.lan. IN A 192.168.1.10"\n'
        'local-data-ptr: "2001:db8::10 nas.lan."\n'
        'local-data: "nas.lan. IN AAAA 2001:db8::10"\n'
        f"# left out, its address is not an IP address: nowhere {'x' * 192}...\n"
    )


@pytest.mark.parametrize("format", ["dnsmasq", "unbound"])
@given(raw_hosts)
def test_any_stored_text_gives_short_lines_of_known_kinds(format: str, entries: list[HostEntry]) -> None:
    for line in written(entries, format).split(b"\n"):
        assert line == b"server:" or line.startswith((b"#", b"host-record=", b"local-data")) or not line
        assert len(line) <= MAX_LINE
        if not line.startswith(b"#"):
            assert line.isascii() and line.decode().isprintable()


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(hosts, raw_hosts)
def test_dnsmasq_accepts_the_file(tmp_path: Path, entries: list[HostEntry], raw: list[HostEntry]) -> None:
    file = tmp_path / "hosts.conf"
    file.write_bytes(written(ENTRIES + entries + raw, "dnsmasq"))
    said = check([program("dnsmasq", "dnsmasq-base"), "--test", "-C"], file)
    assert said == "dnsmasq: syntax check OK.\n"


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(hosts, raw_hosts)
def test_unbound_accepts_the_file(tmp_path: Path, entries: list[HostEntry], raw: list[HostEntry]) -> None:
    file = tmp_path / "hosts.conf"
    file.write_bytes(written(ENTRIES + entries + raw, "unbound"))
    said = check([program("unbound-checkconf", "unbound")], file)
    assert said == f"unbound-checkconf: no errors in {file}\n"


@pytest.mark.parametrize("format", ["dnsmasq", "unbound"])
def test_names_are_answered(format: str, tmp_path: Path) -> None:
    file = tmp_path / "hosts.conf"
    file.write_bytes(written(ENTRIES, format))
    with (dnsmasq if format == "dnsmasq" else unbound)(file) as server:
        assert_answers(server)


def assert_answers(server: NameServer) -> None:
    assert server.ask("nas.lan", A) == server.ask("NAS", A) == {"192.168.1.10", "192.168.1.11"}
    assert server.ask("media.lan", A) == {"192.168.1.10"}
    assert server.ask("nas.lan", AAAA) == {"2001:db8::10"}
    assert server.ask("nas", AAAA) == set()
    assert server.ask("mapped.lan", AAAA) in ({"::ffff:a00:9"}, {"::ffff:10.0.0.9"})
    assert server.ask("10", A) == {"10.0.0.6"}
    assert server.ask("_srv.xn--bcher-kva.lan", A) == server.ask(LONG, A) == {"10.0.0.7"}
    assert (
        server.ask("many.lan", A)
        == server.ask("alias-0.lan", A)
        == server.ask("alias-499.lan", A)
        == {"10.0.0.8"}
    )
    assert server.pointer("192.168.1.10") == server.pointer("2001:db8::10") == {"nas.lan"}
    assert server.pointer("10.0.0.5") == {"b.lan"}
    assert server.pointer("10.0.0.8") == {"many.lan"}
    assert server.ask("z.lan", A) == {"10.0.0.5"}
