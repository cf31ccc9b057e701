"""The hosts and the snapshots that a person names, and networks."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostsdb import HostCreated, HostFilter, InvalidData, Snapshot, Storage
from hostsdb.names import canonical_ip
from hostsdb.networks import Network

FIRST, SECOND = "01JD4V0QF8T5Y7Z3M2N1K0P9RX", "01JD4V0QF8T5Y7Z3M2N1K0P9RY"


def ids(found: list) -> list[str]:
    return [x.id for x in found]


def test_a_host_is_found_by_each_of_its_names(storage: Storage) -> None:
    nas = storage.add_host("2001:db8::1", "nas.lan", aliases=["disk", "bücher.lan"])
    storage.add_host("2001:db8::10", "nas.lan.other", aliases=["disks"])
    for text in (nas.id, nas.id[:-1], "nas.lan", "NAS.lan.", "disk", "DISK", "bücher.lan", "BÜCHER.lan"):
        assert ids(storage.find_hosts(text)) == [nas.id], text
    for text in ("xn--bcher-kva.lan", "2001:db8::1", "2001:DB8:0::0:1"):
        assert ids(storage.find_hosts(text)) == [nas.id], text
    for text in ("", "nas", "lan", "2001:db8::2", "isk", "%", "_as.lan", "\\", '"', "x" * 5000, "\U0010ffff"):
        assert storage.find_hosts(text) == [], text
    with pytest.raises(InvalidData):
        storage.find_hosts("a\0")


def test_names_that_other_clients_store_are_found(storage: Storage) -> None:
    for number, name in enumerate(("Upper.LAN", "ÜBER.lan", "with blank", 'quote"s', "back\\slash")):
        storage.append_event(f"h{number}", HostCreated(f"text {number}", name))
        storage.append_event(f"a{number}", HostCreated("10.0.0.1", f"h{number}", aliases=(name,)))
        assert sorted(ids(storage.find_hosts(name))) == [f"a{number}", f"h{number}"]
    assert ids(storage.find_hosts("upper.lan")) == ["a0", "h0"]


def test_several_hosts_may_have_a_name_and_an_exact_name_precedes_the_beginning_of_an_id(
    storage: Storage,
) -> None:
    one = storage.add_host("10.0.0.1", "web.lan")
    two = storage.add_host("10.0.0.2", "web.lan")
    three = storage.add_host("10.0.0.1", "other.lan", aliases=["web.lan"])
    assert ids(storage.find_hosts("web.lan")) == [three.id, one.id, two.id]
    assert ids(storage.find_hosts("10.0.0.1")) == [three.id, one.id]
    assert len(storage.find_hosts(one.id[:4])) == 3
    named = storage.add_host("10.0.0.9", one.id[:4])
    assert ids(storage.find_hosts(one.id[:4])) == [named.id]


def test_deleted_hosts_are_found_by_their_last_name(storage: Storage) -> None:
    first = storage.add_host("10.0.0.1", "old.lan")
    storage.update_host(first.id, hostname="new.lan")
    storage.delete_host(first.id)
    second = storage.add_host("10.0.0.1", "new.lan")
    assert [e.aggregate_id for e in storage.find_deleted_hosts("NEW.lan")] == [first.id]
    storage.delete_host(second.id)
    for text in ("new.lan", "10.0.0.1", first.id[:3]):
        assert [e.aggregate_id for e in storage.find_deleted_hosts(text)] == [first.id, second.id], text
    for text in (first.id, first.id[:-1]):
        assert [e.aggregate_id for e in storage.find_deleted_hosts(text)] == [first.id], text
    assert storage.find_deleted_hosts("old.lan") == storage.find_deleted_hosts("") == []


def test_snapshots_are_found_by_id_name_and_the_beginning_of_the_id(storage: Storage) -> None:
    storage.save_snapshot(Snapshot("", 0, snapshot_id=FIRST, name="same"))
    storage.save_snapshot(Snapshot("", 0, snapshot_id=SECOND, name="same"))
    storage.save_snapshot(Snapshot("", 0, snapshot_id="third", name=FIRST))
    found = {
        text: {s.snapshot_id for s in storage.find_snapshots(text)} for text in (FIRST, "same", "th", "x")
    }
    assert found == {FIRST: {FIRST}, "same": {FIRST, SECOND}, "th": {"third"}, "x": set()}
    assert len(storage.find_snapshots("01JD")) == 2 and storage.find_snapshots("") == []


def test_a_network_is_compared_by_number(storage: Storage) -> None:
    inside = ["10.0.0.0", "10.31.0.1", "fe80::1", "fe80::1%eth0", "febf::", "2001:db8::5", "::ffff:10.0.0.1"]
    other = ["1.0.0.1", "100.0.0.1", "fec0::1", "2001:db9::1", "::1", "ff::1"]
    for ip in inside + other:
        storage.add_host(ip, "h")
    for raw in ("10.0.0.01", "10.", "2001:DB8::7", "not an address", "10.0.0.1/32", "fe8"):
        storage.append_event(f"raw {raw}", HostCreated(raw, "h"))
    expected = {
        "10.0.0.0/8": ["10.0.0.0", "10.31.0.1"],
        "10.31.0.7/12": ["10.31.0.1"],
        "10.0.0.0/255.255.0.0": ["10.0.0.0"],
        "10.0.0.0": ["10.0.0.0"],
        "10.31.0.1/32": ["10.31.0.1"],
        "FE80::/10": ["fe80::1", "fe80::1%eth0", "febf::"],
        "fe80:0::1": ["fe80::1"],
        "2001:DB8::/32": ["2001:db8::5"],
        "::ffff:0:0/96": ["::ffff:10.0.0.1"],
        "0.0.0.0/0": ["1.0.0.1", "10.0.0.0", "10.31.0.1", "100.0.0.1"],
    }
    for network, addresses in expected.items():
        found = [entry.ip_address for entry in storage.search(HostFilter(network=network))]
        assert found == sorted(addresses), network
    assert len(storage.search(HostFilter(network="::/0"))) == 9
    assert storage.search(HostFilter(network="10.0.0.0/8", ip_prefix="10.3"))[0].ip_address == "10.31.0.1"
    planned = storage.update_hosts(HostFilter(network="10.0.0.0/8"), comment="x", dry_run=True)
    assert len(planned) == 2
    for bad in ("", "10.0.0.0/33", "10.", "x", "10.0.0.0/8/8", "\0", "/", "fe80::%eth0/64" * 99):
        with pytest.raises(InvalidData):
            Network(bad)


_networks = st.one_of(
    st.builds(lambda n, p: ip_network((n, p), strict=False), st.integers(0, 2**32 - 1), st.integers(0, 32)),
    st.builds(
        lambda n, p: ip_network((IPv6Address(n), p), strict=False),
        st.integers(0, 2**128 - 1) | st.integers(0, 2**33) | st.integers(0, 2**20).map(lambda n: n << 100),
        st.integers(0, 128),
    ),
)


@given(_networks, st.data())
def test_all_addresses_of_a_network_have_its_prefix(network, data) -> None:
    first, last = int(network.network_address), int(network.broadcast_address)
    made = ip_address if network.version == 4 else IPv6Address
    ip = canonical_ip(str(made(data.draw(st.integers(first, last)))))
    read = Network(str(network))
    assert ip in read and ip.startswith(read.prefix)
    for number in (first - 1, last + 1):
        if 0 <= number < 2**network.max_prefixlen:
            assert canonical_ip(str(made(number))) not in read
