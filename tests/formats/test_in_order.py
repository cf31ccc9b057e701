"""Packed hosts are unpacked unchanged, in the order of all writers."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostsdb import HostEntry
from hostsdb.formats import InOrder, packed, packed_by_address
from hostsdb.formats.order import by_address, in_order

Make = Callable[[HostEntry], bytes]
Sort = Callable[[Iterable[HostEntry]], Iterable[HostEntry]]

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
    st.integers(-(2**31), 2**31 - 1) | st.integers(-1, 1),
    st.integers(0, 2**63 - 1),
)


@pytest.mark.parametrize(("make", "sort"), [(packed, in_order), (packed_by_address, by_address)])
@given(
    st.lists(
        entries,
        max_size=20,
        unique_by=(lambda entry: (entry.ip_address, entry.hostname), lambda entry: entry.first_position),
    )
)
def test_packed_hosts_equal_the_sorted_list(make: Make, sort: Sort, hosts: list[HostEntry]) -> None:
    ordered = InOrder(map(make, hosts))
    assert list(map(asdict, ordered)) == list(map(asdict, sort(hosts)))
    assert len(ordered) == len(hosts) and all(host in ordered for host in hosts)
    assert sort(ordered) is ordered


def test_hosts_are_ordered_by_priority_then_by_their_first_position() -> None:
    places = [(0, 7), (-1, 9), (1, 2), (0, 3), (-1, 8)]
    hosts = [
        HostEntry("id", f"10.0.0.{n}", "a", None, (), (), MOMENT, MOMENT, "v", *place)
        for n, place in enumerate(places)
    ]
    for ordered in (in_order(hosts), InOrder(map(packed, hosts))):
        assert [(host.priority, host.first_position) for host in ordered] == sorted(places)
    assert list(by_address(reversed(hosts))) == hosts
