"""The order of the hosts in a file, also for more hosts than fit into memory as objects.

The first name of an address is its canonical name, and many programs use the first address of a name. So files for
resolvers are ordered by priority, then by the position of the host's first event: an import keeps the order of a file.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import TypeVar

from hostsdb.formats.record import Entry, HostRecord
from hostsdb.model import HostEntry
from hostsdb.names import ip_sort_key
from hostsdb.rows import made_of

_E = TypeVar("_E", bound=Entry)

_ADDRESS_BYTES = 16
_LENGTH_BYTES = 4
# Added to a signed number of 64 bits, it gives a number whose bytes sort in the same order.
_OFFSET = 2**63
_values = attrgetter(*(field.name for field in fields(HostEntry)))
# Where the values have created_at and updated_at.
_TIMES = slice(6, 8)


def in_order(entries: Iterable[_E]) -> Iterable[_E]:
    """Return entries sorted by priority, then by first_position (of a HostRecord: by its line), then by address.

    An `InOrder` is returned as it is.
    """
    return (
        entries if isinstance(entries, InOrder) else sorted(entries, key=lambda e: (_place(e), _address(e)))
    )


def by_address(entries: Iterable[_E]) -> Iterable[_E]:
    """Return entries sorted by the number of the address, then by hostname. An `InOrder` is returned as it is."""
    return entries if isinstance(entries, InOrder) else sorted(entries, key=_address)


def _address(entry: Entry) -> tuple[tuple[int, int, bytes], str]:
    return ip_sort_key(entry.ip_address), entry.hostname


def _place(entry: Entry) -> tuple[int, int]:
    return entry.priority or 0, entry.number if isinstance(entry, HostRecord) else entry.first_position


class InOrder:
    """Many packed hosts, in the order of their sort keys. Iteration unpacks one host at a time."""

    def __init__(self, hosts: Iterable[bytes]) -> None:
        self._hosts = sorted(hosts)

    def __len__(self) -> int:
        return len(self._hosts)

    def __iter__(self) -> Iterator[HostEntry]:
        return map(_unpacked, self._hosts)


def packed(entry: HostEntry) -> bytes:
    """Return a host as bytes for an `InOrder` in the order of `in_order`.

    They take less than half of the memory of a HostEntry. They begin with the sort key, so that sorting needs no second
    object for each host.
    """
    numbers = (entry.priority, entry.first_position)
    return _with_key(b"".join((number + _OFFSET).to_bytes(8) for number in numbers), entry)


def packed_by_address(entry: HostEntry) -> bytes:
    """Return a host as bytes for an `InOrder` in the order of `by_address`."""
    kind, number, address = ip_sort_key(entry.ip_address)
    name = entry.hostname.encode("utf-8", "surrogatepass")
    # No column can contain a NUL.
    return _with_key(b"%c%b%b\0%b\0" % (kind, number.to_bytes(_ADDRESS_BYTES), address, name), entry)


def _with_key(key: bytes, entry: HostEntry) -> bytes:
    # `marshal` is three times as fast as `pickle`, but cannot store a datetime.
    values = list(_values(entry))
    values[_TIMES] = map(datetime.isoformat, values[_TIMES])
    return key + marshal.dumps(values) + len(key).to_bytes(_LENGTH_BYTES)


def _unpacked(host: bytes) -> HostEntry:
    values = marshal.loads(host[int.from_bytes(host[-_LENGTH_BYTES:]) : -_LENGTH_BYTES])
    values[_TIMES] = map(datetime.fromisoformat, values[_TIMES])
    return made_of(values)
