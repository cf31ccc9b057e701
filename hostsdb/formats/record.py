"""The parts that all formats share: records, lines of bounded length, canonical values and the order of a file."""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import NamedTuple, Protocol, TypeVar

from hostsdb.errors import InvalidData
from hostsdb.model import HostEntry
from hostsdb.names import canonical_hostname, canonical_ip, ip_sort_key
from hostsdb.rows import text

# The limit of one line, CSV row or JSON element, in bytes (of a JSON element: in characters). It bounds the memory.
MAX_LINE = 65536

_ADDRESS_BYTES = 16
# The fields that `marshal` can store. It is three times as fast as `pickle`, which can store a datetime.
_PLAIN_FIELDS = [field.name for field in fields(HostEntry) if field.name not in ("created_at", "updated_at")]
_plain_values = attrgetter(*_PLAIN_FIELDS)


class HostRecord(NamedTuple):
    """A host read from a file, in canonical form.

    Attributes:
        number: the first line of the host in the file, from 1; in a JSON array, the position in the array, from 1.
        ip_address, hostname, aliases, comment: the values of the host.
        tags: the tags; None if the file does not say, an empty tuple if the file says that the host has none.
    """

    number: int
    ip_address: str
    hostname: str
    aliases: tuple[str, ...] = ()
    comment: str | None = None
    tags: tuple[str, ...] | None = None


Entry = HostEntry | HostRecord
_E = TypeVar("_E", bound=Entry)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A part of a file that is not a host.

    Attributes:
        number: as `HostRecord.number`.
        text: the beginning of the part, with control characters escaped.
        reason: why it is not a host.
    """

    number: int
    text: str
    reason: str


class ByteStream(Protocol):
    """A binary file, as `open(path, "rb")` and `sys.stdin.buffer` are."""

    def readline(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes, up to and including the next newline; empty at the end."""


def read_pieces(stream: ByteStream) -> Iterator[bytes]:
    """Yield the lines of a stream as bytes; a line of more than MAX_LINE bytes comes in several pieces."""
    return iter(partial(stream.readline, MAX_LINE + 1), b"")


def read_lines(pieces: Iterator[bytes]) -> Iterator[str]:
    """Yield lines as text.

    Arguments:
        pieces: UTF-8, as `read_pieces` yields it.
    Yields:
        each line with its line end. A byte that is not UTF-8 becomes a lone surrogate. A line of more than MAX_LINE
        bytes is cut to its beginning, padded to MAX_LINE + 1 characters, so that the caller can see its length.
    """
    for piece in pieces:
        line = piece.decode("utf-8", "surrogateescape")
        if len(piece) > MAX_LINE:
            line = line.ljust(MAX_LINE + 1)  # not ASCII: fewer characters than bytes
            while piece and not piece.endswith(b"\n"):
                piece = next(pieces, b"")
        yield line


def host_record(
    number: int,
    ip_address: str,
    hostname: str,
    aliases: Iterable[str],
    comment: str | None,
    tags: Iterable[str] | None,
) -> HostRecord:
    """Return a record with canonical values.

    Arguments:
        number: as `HostRecord.number`.
        ip_address, hostname, aliases: in any form that `canonical_ip` and `canonical_hostname` read. Aliases that
            repeat another alias or the hostname are dropped.
        comment: any text; an empty text becomes None.
        tags: any texts; repeated tags are dropped. None if the file does not say.
    Raises:
        InvalidData: a value cannot be stored.
    """
    address, name = canonical_ip(ip_address), canonical_hostname(hostname)
    others = distinct_aliases(name, map(canonical_hostname, aliases))
    distinct = None if tags is None else tuple(dict.fromkeys(text(tag) or "" for tag in tags))
    if distinct and "" in distinct:
        raise InvalidData("a tag is empty")
    return HostRecord(number, address, name, others, text(comment) or None, distinct)


def distinct_aliases(hostname: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return canonical names without repeats and without the hostname."""
    distinct = dict.fromkeys(names)
    distinct.pop(hostname, None)
    return tuple(distinct)


def packed(entry: HostEntry) -> bytes:
    """Return a host as bytes for `InOrder`; they take less than half of the memory of a HostEntry.

    The bytes begin with the sort key, so that sorting needs no second object for each host.
    """
    kind, number, address = ip_sort_key(entry.ip_address)
    name = entry.hostname.encode("utf-8", "surrogatepass")
    moments = entry.created_at.isoformat(), entry.updated_at.isoformat()
    rest = marshal.dumps((moments, _plain_values(entry)))
    return b"%c%b%b\0%b\0%b" % (kind, number.to_bytes(_ADDRESS_BYTES), address, name, rest)


def _unpacked(host: bytes) -> HostEntry:
    _, _, rest = host[1 + _ADDRESS_BYTES :].split(b"\0", 2)  # no column can contain a NUL
    moments, values = marshal.loads(rest)
    created_at, updated_at = map(datetime.fromisoformat, moments)
    return HostEntry(
        created_at=created_at, updated_at=updated_at, **dict(zip(_PLAIN_FIELDS, values, strict=True))
    )


class InOrder:
    """Many packed hosts, sorted as `in_order` sorts them. Iteration unpacks one host at a time."""

    def __init__(self, hosts: Iterable[bytes]) -> None:
        self._hosts = sorted(hosts)

    def __len__(self) -> int:
        return len(self._hosts)

    def __iter__(self) -> Iterator[HostEntry]:
        return map(_unpacked, self._hosts)


def in_order(entries: Iterable[_E]) -> Iterable[_E]:
    """Return entries sorted by the number of the address, then by hostname. An `InOrder` is returned as it is."""
    if isinstance(entries, InOrder):
        return entries
    return sorted(entries, key=lambda entry: (ip_sort_key(entry.ip_address), entry.hostname))
