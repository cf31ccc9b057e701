"""After any plan, any hosts have exactly the records of the plan, and nothing else changes."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from hostsdb import HostEntry, NewHost
from hostsdb.octodns.rearranging import Pair, rearrange

NAMES = ["a.lan", "b.lan", "c.lan", "lan", "a", "b", "a.org", "b.org"]
ADDRESSES = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "fd00::1", "fd00::2"]
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def is_in_zone(name: str) -> bool:
    return name == "lan" or name.endswith(".lan")


@st.composite
def lists_of_hosts(draw: st.DrawFn) -> list[HostEntry]:
    pairs = draw(
        st.lists(st.tuples(st.sampled_from(ADDRESSES), st.sampled_from(NAMES)), unique=True, max_size=8)
    )
    aliases = st.lists(st.sampled_from(NAMES), unique=True, max_size=4)
    return [
        HostEntry(
            str(number),
            address,
            name,
            f"comment {number}",
            (f"tag{number}",),
            tuple(alias for alias in draw(aliases) if alias != name),
            EPOCH,
            EPOCH,
            "",
            number,
        )
        for number, (address, name) in enumerate(pairs)
    ]


def pairs_of(hosts: list[HostEntry] | list[NewHost]) -> set[Pair]:
    return {(name, host.ip_address) for host in hosts for name in (host.hostname, *host.aliases)}


in_zone = st.sampled_from([name for name in NAMES if is_in_zone(name)])


@given(lists_of_hosts(), st.sets(st.tuples(in_zone, st.sampled_from(ADDRESSES))))
def test_any_plan(hosts: list[HostEntry], wanted: set[Pair]) -> None:
    before = {pair for pair in pairs_of(hosts) if is_in_zone(pair[0])}
    result = rearrange(hosts, before - wanted, wanted - before, is_in_zone)

    changed = {host.id: fields for host, fields in result.updated}
    gone = {host.id for host in result.deleted}
    assert len(changed) == len(result.updated) and not gone & changed.keys()
    after = [
        NewHost(
            fields.get("ip_address", host.ip_address),
            fields.get("hostname", host.hostname),
            tuple(fields.get("aliases", host.aliases)),
        )
        for host in hosts
        if host.id not in gone
        for fields in (changed.get(host.id, {}),)
    ] + result.added
    assert {pair for pair in pairs_of(after) if is_in_zone(pair[0])} == wanted
    assert _elsewhere(pairs_of(after)) == _elsewhere(pairs_of(hosts))
    assert len({(host.ip_address, host.hostname) for host in after}) == len(after)
    # A host is deleted only if no address of its family is new for its hostname.
    for host in result.deleted:
        mine = {address for name, address in wanted - before if name == host.hostname}
        taken = {address for name, address in _hostnames(after) if name == host.hostname}
        assert {address for address in mine if (":" in address) == (":" in host.ip_address)} <= taken


def _elsewhere(pairs: set[Pair]) -> set[Pair]:
    return {(name, address) for name, address in pairs if "." in name and not is_in_zone(name)}


def _hostnames(hosts: list[NewHost]) -> set[Pair]:
    return {(host.hostname, host.ip_address) for host in hosts}
