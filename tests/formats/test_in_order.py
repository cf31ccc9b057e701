"""Packed hosts are unpacked unchanged, in the order of all writers."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from hostsdb import HostEntry
from hostsdb.formats import InOrder, packed
from hostsdb.formats.record import in_order

MOMENT = datetime(2026, 1, 31, 12, 0, 0, 123456, UTC)
# Raw SQL can also store text that is not an address, names that are not ASCII, and lone surrogates in tags.
addresses = st.ip_addresses().map(str) | st.sampled_from(
    ["10.0.0.9", "10.0.0.10", "::1", "::01", "fe80::1%a", "x", "ÿ"]
)
names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=5)
entries = st.builds(
    HostEntry,
    names,
    addresses,
    names,
    st.none() | names,
    st.sampled_from([(), ("\ud800", "lan"), ("\0",)]),
    st.lists(names, max_size=2).map(tuple),
    st.just(MOMENT),
    st.just(MOMENT),
    names,
)


@given(st.lists(entries, max_size=20, unique_by=lambda entry: (entry.ip_address, entry.hostname)))
def test_packed_hosts_equal_the_sorted_list(hosts: list[HostEntry]) -> None:
    ordered = InOrder(map(packed, hosts))
    assert list(ordered) == list(in_order(hosts))
    assert len(ordered) == len(hosts) and all(host in ordered for host in hosts)
    assert in_order(ordered) is ordered
