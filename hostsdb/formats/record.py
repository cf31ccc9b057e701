"""What every reader yields, how its values become canonical, and the one order that every writer writes in."""

from __future__ import annotations

import pickle
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TypeVar

from hostsdb.errors import InvalidData
from hostsdb.hostsfile import EntryLike, by_address
from hostsdb.model import HostEntry
from hostsdb.names import canonical_hostname, canonical_ip, ip_sort_key
from hostsdb.rows import text


@dataclass(frozen=True, slots=True)
class HostRecord:
    """A host as a file tells of it, in canonical form.

    `number` is its line from 1 (the first one, where it has several), in a JSON array its place. `tags` is None where
    the file says nothing of tags, which is not the same as a host without any.
    """

    number: int
    ip_address: str
    hostname: str
    aliases: tuple[str, ...] = ()
    comment: str | None = None
    tags: tuple[str, ...] | None = None


Entry = HostEntry | HostRecord
_E = TypeVar("_E", bound=EntryLike)

_NUMBER = 16  # bytes of an address
_values = attrgetter(*(field.name for field in fields(HostEntry)))


def host_record(
    number: int,
    ip_address: str,
    hostname: str,
    aliases: Iterable[str],
    comment: str | None,
    tags: Iterable[str] | None,
) -> HostRecord:
    """Return the values of a file in canonical form.

    Arguments:
        number: the line or the element.
        ip_address, hostname, aliases: as `canonical_ip` and `canonical_hostname` read them; aliases may repeat each
            other and the hostname, and are taken once.
        comment: kept as it is; the empty text is none.
        tags: kept as they are, each once; None where the file says nothing of tags.
    Raises:
        InvalidData: a value is none that can be stored; the message says why.
    """
    address, name = canonical_ip(ip_address), canonical_hostname(hostname)
    once = dict.fromkeys(map(canonical_hostname, aliases))
    once.pop(name, None)
    return HostRecord(number, address, name, tuple(once), text(comment) or None, _tags(tags))


def _tags(tags: Iterable[str] | None) -> tuple[str, ...] | None:
    if tags is None:
        return None
    once = dict.fromkeys(map(text, tags))
    if "" in once:
        raise InvalidData("a tag is empty")
    return tuple(tag for tag in once if tag is not None)


def packed(entry: HostEntry) -> bytes:
    """Return a host as InOrder holds it, in half of the memory that a HostEntry takes.

    One text for what it is sorted by and its values: two, or a tuple, would take a third more.
    """
    kind, number, address = ip_sort_key(entry.ip_address)
    name = entry.hostname.encode("utf-8", "surrogatepass")
    return b"%c%b%b\0%b\0%b" % (kind, number.to_bytes(_NUMBER), address, name, pickle.dumps(_values(entry)))


def _unpacked(host: bytes) -> HostEntry:
    _, _, values = host[1 + _NUMBER :].split(b"\0", 2)  # no column can hold a NUL
    return HostEntry(*pickle.loads(values))


class InOrder(Collection[HostEntry]):
    """Packed hosts in the order of in_order, each unpacked when its turn comes: a list of them for a large database."""

    def __init__(self, hosts: Iterable[bytes]) -> None:
        self._hosts = sorted(hosts)

    def __len__(self) -> int:
        return len(self._hosts)

    def __iter__(self) -> Iterator[HostEntry]:
        return map(_unpacked, self._hosts)

    def __contains__(self, host: object) -> bool:
        return any(host == one for one in self)


def in_order(entries: Iterable[_E]) -> Iterable[_E]:
    """Return entries by the number of the address, then by the bytes of the hostname."""
    if isinstance(entries, InOrder):
        return entries  # type: ignore[return-value]  # then _E is HostEntry
    return sorted(entries, key=by_address)
