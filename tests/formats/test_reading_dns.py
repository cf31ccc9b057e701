"""Reading configurations of dnsmasq and unbound, and refusing files of other programs."""

import pytest
from hypothesis import given

from hostsdb import HostEntry
from hostsdb.formats import BadLine, HostRecord, foreign_format
from tests.formats.format_samples import entry, hosts, raw_hosts, read_bytes, written
from tests.formats.test_all import anything

DNSMASQ = b"""# the first
# disks
host-record=nas.lan,nas,10.0.0.2,2001:db8::2,600

address=/printer.lan/10.0.0.3
address=/one.lan/two.lan/10.0.0.4
address=/*.lan/10.0.0.5
address=/blocked.lan/
server=1.1.1.1
cname=www.lan,web.lan,nas,60
cname=lost.lan,nowhere.lan
host-record=10.,7,10.0.0.6
host-record=nas.lan,600
"""

UNBOUND = b"""server:
  # disks
  local-data-ptr: "10.0.0.2 nas.lan."
  local-data: "nas.lan. IN A 10.0.0.2"
\tlocal-data: 'nas.lan 600 AAAA 2001:DB8::2' # more
  local-zone: "lan." static
  local-zone: "bad.lan" always_nxdomain
  local-data: "nas.lan. IN TXT text"
"""


def test_dnsmasq() -> None:
    found = read_bytes(DNSMASQ, "dnsmasq")
    assert [x[:5] for x in found if isinstance(x, HostRecord)] == [
        (3, "10.0.0.2", "nas.lan", ("nas",), "disks"),
        (3, "2001:db8::2", "nas.lan", ("nas",), "disks"),
        (5, "10.0.0.3", "printer.lan", (), None),
        (6, "10.0.0.4", "one.lan", ("two.lan",), None),
        (12, "10.0.0.6", "10", ("7",), None),
        (10, "10.0.0.2", "nas.lan", ("www.lan", "web.lan"), None),
        (10, "2001:db8::2", "nas.lan", ("www.lan", "web.lan"), None),
    ]
    assert [(x.number, x.reason.partition(":")[0]) for x in found if isinstance(x, BadLine)] == [
        (7, '"*.lan" is not a hostname'),
        (8, '"" is not an IP address'),
        (9, "only host-record, address and cname have hosts"),
        (13, "it has no address"),
        (11, 'no host-record in this file has the name "nowhere.lan"'),
    ]


def test_unbound() -> None:
    found = read_bytes(UNBOUND, "unbound")
    assert [x[:5] for x in found if isinstance(x, HostRecord)] == [
        (4, "10.0.0.2", "nas.lan", (), "disks"),
        (5, "2001:db8::2", "nas.lan", (), None),
    ]
    assert [x.number for x in found if isinstance(x, BadLine)] == [7, 8]


def test_a_line_that_is_too_long_is_bad() -> None:
    names = ",".join(["nas.lan"] * 10_000)
    long, host = read_bytes(f"host-record={names},10.0.0.1\nhost-record=nas,10.0.0.2\n".encode(), "dnsmasq")
    assert isinstance(long, BadLine) and "the line is longer than" in long.reason
    assert isinstance(host, HostRecord) and host.number == 2


@pytest.mark.parametrize("format", ["dnsmasq", "unbound"])
@given(hosts, raw_hosts)
def test_our_own_files_have_all_pairs(format: str, entries: list[HostEntry], raw: list[HostEntry]) -> None:
    def pairs(records: list[HostRecord] | list[HostEntry]) -> list[tuple[str, str]]:
        return list(dict.fromkeys((x.ip_address, name) for x in records for name in (x.hostname, *x.aliases)))

    entries = [x for x in entries if "%" not in x.ip_address]
    found = read_bytes(written(entries, format), format)
    assert pairs([x for x in found if isinstance(x, HostRecord)]) == pairs(
        [x for x in read_bytes(written(entries, "hosts"), "hosts") if isinstance(x, HostRecord)]
    )
    assert not any(isinstance(x, BadLine) for x in [*found, *read_bytes(written(raw, format), format)])


def test_comments_are_kept() -> None:
    stored = [entry("10.0.0.1", "a", ("b",), "disks"), entry("10.0.0.2", "c"), entry("x", "lost", (), "y")]
    for format in ("dnsmasq", "unbound"):
        found = [x for x in read_bytes(written(stored, format), format) if isinstance(x, HostRecord)]
        assert {x.hostname: x.comment for x in found} | {"b": None} == {"a": "disks", "b": None, "c": None}


@pytest.mark.parametrize("format", ["dnsmasq", "unbound"])
@given(anything)
def test_any_bytes_are_read(format: str, data: bytes) -> None:
    for record in read_bytes(data, format):
        assert 0 < record.number <= data.count(b"\n") + 1
        if isinstance(record, BadLine):
            assert record.text.isprintable() and record.reason.isprintable() and len(record.text) < 700


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"[Adblock Plus 2.0]\n", "adblock filter list"),
        (b"\xef\xbb\xbf! Title: ads\r\n", "adblock filter list"),
        (b"||ads.example^\n", "adblock filter list"),
        (b"# Pi-hole\n\n[dns]\n  hosts = []\n", "pihole.toml"),
        (b'hosts = [ "10.0.0.1 a" ]\n', "pihole.toml"),
        (b"http:\n  address: 0.0.0.0:80\n", "AdGuardHome.yaml"),
        (b"  rewrites:\n    - domain: a\n", "AdGuardHome.yaml"),
        (b"- domain: nas.lan\n  answer: 10.0.0.1\n", "AdGuardHome.yaml"),
        (b"\n<!DOCTYPE html>\n", "web page"),
        (b"<html>", "web page"),
        (b"; zone\n$ORIGIN lan.\n", "zone file"),
        (b"@ 3600 IN SOA ns.lan. a.lan. 1 2 3 4 5\n", "zone file"),
    ],
)
def test_files_of_other_programs_are_refused(head: bytes, name: str) -> None:
    reason = foreign_format(head)
    assert reason is not None and name in reason and "import" in reason + "import" and "\n" not in reason


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"10.0.0.1 a\n",
        b"# [dns]\n10.0.0.1 a\n",
        b"::1 a\n",
        b'[{"ip_address": "::1"}]',
        b"[\n]",
        b"ip_address,hostname\n",
        b"host-record=a,10.0.0.1\n",
        b"server:\n",
        b"not-an-address a\n",
        b"fe80::1%eth0 a\n",
    ],
)
def test_files_that_hostsdb_reads_are_not_refused(head: bytes) -> None:
    assert foreign_format(head) is None
