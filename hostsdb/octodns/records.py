"""Records of octoDNS, and the hosts from which they follow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from ipaddress import ip_address

from octodns.provider.plan import Plan
from octodns.record import Record
from octodns.zone import Zone

from hostsdb.model import HostEntry
from hostsdb.names import canonical_hostname, canonical_ip
from hostsdb.octodns.rearranging import Pair

# The values of each record, by its name with a dot at the end and its type.
Records = dict[tuple[str, str], list[str]]


def addresses(hosts: Iterable[HostEntry], zone: Zone) -> Records:
    """Return the addresses of each name in a zone."""
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for host in hosts:
        for name in (host.hostname, *host.aliases):
            if is_in(zone, name):
                type = "AAAA" if ":" in host.ip_address else "A"
                found[f"{name}.", type].append(host.ip_address)
    return {key: sorted(set(each)) for key, each in found.items()}


def pointers(hosts: Iterable[HostEntry], zone: Zone) -> Records:
    """Return the hostname of the first host of each address in a reverse zone."""
    found: Records = {}
    if zone.name.endswith(".arpa."):
        for host in hosts:
            name = f"{ip_address(host.ip_address).reverse_pointer}."
            if zone.owns("PTR", name):
                found.setdefault((name, "PTR"), [f"{host.hostname}."])
    return found


def changed_pairs(plan: Plan) -> tuple[set[Pair], set[Pair]]:
    """Return the values that a plan removes, and those that it adds."""
    removed, added = set[Pair](), set[Pair]()
    for change in plan.changes:
        old, new = _pairs(change.existing), _pairs(change.new)
        removed |= old - new
        added |= new - old
    return removed, added


def _pairs(record: Record | None) -> set[Pair]:
    if record is None:
        return set()
    name = canonical_hostname(record.fqdn)
    return {(name, canonical_ip(value)) for value in record.values}


def is_in(zone: Zone, name: str) -> bool:
    """Return whether an address of a name belongs to a zone, and not to one of its sub-zones."""
    return bool(zone.owns("A", f"{name}."))
