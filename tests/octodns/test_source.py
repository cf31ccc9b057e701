"""octoDNS reads hostsdb: the records of hosts, and what other providers make of them."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from octodns.zone import Zone
from octodns_bind import ZoneFileProvider
from octodns_etchosts import EtcHostsProvider

from hostsdb import ConnectionFailed, EventEnvelope, HostCreated, QueryFailed
from hostsdb.octodns import HostsdbProvider
from tests.octodns.conftest import Target, records_of, zone_of


def fill(target: Target) -> None:
    target.storage.add_host("10.0.0.1", "nas.lan", aliases=["nas", "files.lan", "nas.example.org"])
    target.storage.add_host("10.0.0.2", "nas.lan")
    target.storage.add_host("fd00::1", "nas.lan")
    target.storage.add_host("10.0.0.1", "first.lan", priority=-1)
    target.storage.add_host("127.0.0.1", "localhost")


FORWARD = {
    ("nas", "A"): ["10.0.0.1", "10.0.0.2"],
    ("nas", "AAAA"): ["fd00::1"],
    ("files", "A"): ["10.0.0.1"],
    ("first", "A"): ["10.0.0.1"],
}


def test_hostnames_and_aliases_in_the_zone(target: Target) -> None:
    fill(target)
    assert target.read() == target.read(target=True) == FORWARD
    assert target.read("example.org.") == {("nas", "A"): ["10.0.0.1"]}
    assert target.read("nas.lan.") == {("", "A"): ["10.0.0.1", "10.0.0.2"], ("", "AAAA"): ["fd00::1"]}
    assert target.read("as.lan.") == {}


def test_the_records_of_a_sub_zone_are_left_out(target: Target) -> None:
    fill(target)
    del (records := FORWARD.copy())["nas", "A"], records["nas", "AAAA"]
    assert target.read(sub_zones=("nas",)) == records


def test_pointers_have_the_first_host_of_an_address(target: Target) -> None:
    fill(target)
    reverse = {("1.0.0", "PTR"): ["first.lan."], ("2.0.0", "PTR"): ["nas.lan."]}
    assert target.read("10.in-addr.arpa.") == reverse
    assert target.read("10.in-addr.arpa.", target=True) == {}  # they follow from the hosts
    assert list(target.read("ip6.arpa.").values()) == [["nas.lan."]]
    assert target.read("127.in-addr.arpa.") == {("1.0.0", "PTR"): ["localhost."]}


def test_the_ttl_is_an_option(sqlite_target: Target) -> None:
    fill(sqlite_target)
    zone = Zone("lan.", [])
    sqlite_target.provider(ttl=60).populate(zone)
    assert {record.ttl for record in zone.records} == {60}


def test_what_dns_cannot_carry_is_left_out_and_logged(
    sqlite_target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    sqlite_target.storage.add_host("fe80::1%eth0", "nas.lan")
    sqlite_target.storage.append_event("h1", HostCreated("here", "pi.lan"))
    sqlite_target.storage.append_event("h2", EventEnvelope(HostCreated("10.0.0.1", "PI.lan.")))
    with caplog.at_level(logging.WARNING):
        assert sqlite_target.read() == {("pi", "A"): ["10.0.0.1"]}
    assert "DNS cannot carry the scope of its address" in caplog.text
    assert "host h1 is left out: its address is not an IP address" in caplog.text


def test_a_host_in_another_written_form_can_be_changed(sqlite_target: Target) -> None:
    sqlite_target.storage.append_event("h2", HostCreated("10.0.0.1", "PI.lan."))
    sqlite_target.sync(zone_of({("pi", "A"): ["10.0.0.2"]}))
    assert sqlite_target.hosts() == [("10.0.0.2", "PI.lan.")]
    sqlite_target.sync(zone_of({}))
    assert sqlite_target.hosts() == []


def test_a_missing_database_is_an_error_and_not_an_empty_zone(tmp_path: Path) -> None:
    missing = tmp_path / "missing.db"
    with pytest.raises(ConnectionFailed, match="there is no database"):
        HostsdbProvider("hosts", f"sqlite:///{missing}").populate(Zone("lan.", []))
    assert not missing.exists()
    missing.touch()
    with pytest.raises(QueryFailed, match="run hostsdb init"):
        HostsdbProvider("hosts", f"sqlite:///{missing}").populate(Zone("lan.", []))


@pytest.mark.filterwarnings("ignore::DeprecationWarning:octodns_bind")
def test_to_a_zone_file_and_back(target: Target, tmp_path: Path) -> None:
    fill(target)
    zone = Zone("lan.", [])
    target.provider().populate(zone)
    ZoneFileProvider("files", str(tmp_path)).apply(ZoneFileProvider("files", str(tmp_path)).plan(zone))

    read = Zone("lan.", [])
    ZoneFileProvider("files", str(tmp_path), check_origin=False).populate(read)
    assert records_of(read) == FORWARD
    assert target.provider().plan(read) is None


def test_to_a_hosts_file(target: Target, tmp_path: Path) -> None:
    fill(target)
    zone = Zone("lan.", [])
    target.provider().populate(zone)
    etc = EtcHostsProvider("etc", str(tmp_path))
    etc.populate(Zone("lan.", []), target=True)
    plan = etc.plan(zone)
    etc.apply(plan)
    lines = (tmp_path / "lan.hosts").read_text().splitlines()
    # That provider writes one address for each name.
    assert [line.split() for line in lines if line and line[0] != "#"] == [
        ["10.0.0.1", "files.lan"],
        ["10.0.0.1", "first.lan"],
        ["10.0.0.1", "nas.lan"],
    ]
