"""What every reader yields, how its values become canonical, and the one order that every writer writes in."""

from __future__ import annotations

import pickle
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import NamedTuple, Protocol, TypeVar

from hostsdb.errors import InvalidData
from hostsdb.model import HostEntry
from hostsdb.names import canonical_hostname, canonical_ip, ip_sort_key
from hostsdb.rows import text


class HostRecord(NamedTuple):
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
_E = TypeVar("_E", bound=Entry)

# Bytes of a line with its line end: far more than any real line, and the bound on memory.
MAX_LINE = 65536

_NUMBER = 16  # bytes of an address
_values = attrgetter(*(field.name for field in fields(HostEntry)))


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was not understood: its number (from 1), its text shortened and escaped, why."""

    number: int
    text: str
    reason: str


class ByteStream(Protocol):
    """A binary file, as `open(path, "rb")` and `sys.stdin.buffer` are."""

    def readline(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes up to and with the next newline; none at the end."""


def read_lines(stream: ByteStream) -> Iterator[str]:
    """Yield the lines of a binary stream as text, for `parse`, never more than MAX_LINE at once.

    Arguments:
        stream: read from where it stands to its end; UTF-8, with or without a BOM.
    Yields:
        each line with its line end. A byte that is not UTF-8 becomes a lone surrogate, so that
        `parse` refuses a name with it and shows the byte. Of a line of more than MAX_LINE bytes
        only the beginning comes, filled up to MAX_LINE + 1 characters for `parse` to see.
    """
    while line := stream.readline(MAX_LINE + 1):
        text = line.decode("utf-8", "surrogateescape")
        if len(line) > MAX_LINE:
            text = text.ljust(MAX_LINE + 1)  # fewer characters than bytes, when not all are ASCII
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE)
        yield text


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


def by_address(entry: Entry) -> tuple[tuple[int, int, bytes], str]:
    """Return what hosts are sorted by wherever they are written: the number of the address, then the hostname."""
    return ip_sort_key(entry.ip_address), entry.hostname
