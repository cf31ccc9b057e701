"""A zone file for a DNS server (RFC 1035), written by dnspython.

A forward zone has an A or AAAA record for each name in it. A reverse zone (`168.192.in-addr.arpa`, `ip6.arpa`) has one
PTR record for each address in it, with the hostname of the first host.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hostsdb.errors import InvalidData
from hostsdb.formats.dns import left_out, values
from hostsdb.formats.order import in_order
from hostsdb.formats.record import Entry
from hostsdb.names import canonical_hostname, canonical_mail

if TYPE_CHECKING:
    from dns.name import Name
    from dns.zone import Zone as DnsZone

# Seconds.
_TTL = 3600
# In seconds: how often a secondary server asks, asks again after a failure, gives up, and remembers a missing name.
_TIMES = "7200 900 1209600 300"


@dataclass(frozen=True, slots=True)
class Zone:
    """What a zone file has beside the hosts.

    Attributes:
        origin: the name of the zone.
        ns: the name of its server; None for a file without SOA and NS, to be included by another one.
        mail: the mail address of its administrator.
        serial: the serial number of its SOA, 32 bits. It must increase when the hosts change.
    Raises:
        InvalidData: a name or the mail address is not valid.
    """

    origin: str
    ns: str | None = None
    mail: str | None = None
    serial: int = 1

    def __post_init__(self) -> None:
        canonical_hostname(self.origin)
        if (self.ns is None) is not (self.mail is None):
            raise InvalidData("SOA needs both the name server and the mail address; give both, or none")
        if self.ns is not None:
            canonical_hostname(self.ns)
        canonical_mail("root@localhost" if self.mail is None else self.mail)


def write(entries: Iterable[Entry], zone: Zone) -> Iterator[str]:
    """Write the names or the addresses that are in the zone, the hosts sorted as `in_order` sorts them.

    Yields:
        a comment line for each entry with a name outside of the zone, and for each that DNS cannot carry; then the
        records, in the order of the hosts.
    Raises:
        InvalidData: dnspython is not installed.
    """
    try:
        from dns.zone import Zone as DnsZone
    except ImportError as error:
        raise InvalidData("zone files need dnspython: pip install 'hostsdb[zone]'") from error
    written = DnsZone(f"{canonical_hostname(zone.origin)}.")
    if zone.ns and zone.mail:
        _add_authority(written, zone, zone.ns, zone.mail)
    add = _add_pointer if canonical_hostname(zone.origin).endswith(".arpa") else _add_addresses
    for entry in in_order(entries):
        try:
            outside = add(written, *values(entry))
        except InvalidData as reason:
            yield left_out(entry, str(reason), ";")
            continue
        if outside:
            yield left_out(entry, f"not in the zone: {' '.join(outside)}", ";")
    yield written.to_text(sorted=False, nl="\n", want_origin=True)


def _add_authority(zone: DnsZone, given: Zone, ns: str, mail: str) -> None:
    from dns.name import Name

    user, _, domain = mail.partition("@")
    server = f"{canonical_hostname(ns)}."
    # In a SOA the mail address is a name: its first label is the user, which may contain dots.
    contact = Name([user.encode(), *canonical_hostname(domain).encode().split(b"."), b""])
    _add(zone, zone.origin, "SOA", f"{server} {contact} {given.serial} {_TIMES}")
    _add(zone, zone.origin, "NS", server)


def _add_addresses(zone: DnsZone, address: str, names: list[str]) -> list[str]:
    """Add a record for each name; return the names that are not in the zone."""
    from dns.name import from_text

    outside = []
    for name in names:
        owner = from_text(f"{name}.")
        if _is_in(owner, zone):
            _add(zone, owner, "AAAA" if ":" in address else "A", address)
        else:
            outside.append(name)
    return outside


def _add_pointer(zone: DnsZone, address: str, names: list[str]) -> list[str]:
    """Add a record for the address if it is the first one; return the address if it is not in the zone."""
    from dns.reversename import from_address

    owner = from_address(address)
    if not _is_in(owner, zone):
        return [address]
    if zone.get_rdataset(owner, "PTR") is None:
        _add(zone, owner, "PTR", f"{names[0]}.")
    return []


def _is_in(owner: Name, zone: DnsZone) -> bool:
    return zone.origin is not None and owner.is_subdomain(zone.origin)


def _add(zone: DnsZone, owner: Name | None, kind: str, text: str) -> None:
    from dns.rdata import from_text

    assert owner is not None
    zone.find_rdataset(owner, kind, create=True).add(from_text("IN", kind, text), _TTL)
