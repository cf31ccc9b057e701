"""The parts that all formats share: records, lines of bounded length and canonical values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple, Protocol

from hostsdb.errors import InvalidData
from hostsdb.model import HostEntry
from hostsdb.names import canonical_hostname, canonical_ip
from hostsdb.rows import priority as valid_priority
from hostsdb.rows import text

# The limit of one line, CSV row or JSON element, in bytes (of a JSON element: in characters). It bounds the memory.
MAX_LINE = 65536
# How many invalid names of one line are reported.
_REPORTED_NAMES = 3


class HostRecord(NamedTuple):
    """A host read from a file, in canonical form.

    Attributes:
        number: the first line of the host in the file, from 1; in a JSON array, the position in the array, from 1.
        ip_address, hostname, aliases, comment: the values of the host.
        tags: the tags; None if the file does not say, an empty tuple if the file says that the host has none.
        priority: the priority; None if the file does not say.
        problem: the names of the line that are not valid, with the reasons; None if all are valid.
    """

    number: int
    ip_address: str
    hostname: str
    aliases: tuple[str, ...] = ()
    comment: str | None = None
    tags: tuple[str, ...] | None = None
    priority: int | None = None
    problem: str | None = None


Entry = HostEntry | HostRecord


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


class OtherLine(NamedTuple):
    """A line of a file without a host, which hostsdb does not keep."""

    number: int
    kind: Literal["comment", "blank"]


Record = HostRecord | BadLine | OtherLine


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
    priority: int | None,
) -> HostRecord:
    """Return a record with canonical values.

    Arguments:
        number: as `HostRecord.number`.
        ip_address, hostname, aliases: in any form that `canonical_ip` and `canonical_hostname` read. Aliases that
            repeat another alias or the hostname are dropped. Invalid aliases are left out, and `problem` names them.
        comment: any text; an empty text becomes None.
        tags: any texts; repeated tags are dropped. None if the file does not say.
        priority: an integer of 32 bits. None if the file does not say.
    Raises:
        InvalidData: another value cannot be stored.
    """
    address, name = canonical_ip(ip_address), canonical_hostname(hostname)
    others, problem = valid_names(aliases)
    distinct = None if tags is None else tuple(dict.fromkeys(text(tag) or "" for tag in tags))
    if distinct and "" in distinct:
        raise InvalidData("a tag is empty")
    place = None if priority is None else valid_priority(priority)
    aliases = distinct_aliases(name, others)
    return HostRecord(number, address, name, aliases, text(comment) or None, distinct, place, problem)


def line_record(number: int, ip_address: str, names: Iterable[str], comment: str | None = None) -> HostRecord:
    """Return a record of a format whose lines have an address and names. The first valid name is the hostname.

    Arguments:
        number, ip_address, comment: as in `host_record`.
        names: at least one.
    Raises:
        InvalidData: the address is not valid, or no name.
    """
    address = canonical_ip(ip_address)
    valid, problem = valid_names(names)
    if not valid:
        raise InvalidData(problem or "there is no hostname")
    aliases = distinct_aliases(valid[0], valid[1:])
    return HostRecord(number, address, valid[0], aliases, text(comment) or None, problem=problem)


def valid_names(names: Iterable[str]) -> tuple[list[str], str | None]:
    """Return the valid names in canonical form, and a text that says what is wrong with the others, or None."""
    valid, reasons = [], []
    for name in names:
        try:
            valid.append(canonical_hostname(name))
        except InvalidData as error:
            reasons.append(str(error))
    more = len(reasons) - _REPORTED_NAMES
    if more > 0:
        reasons[_REPORTED_NAMES:] = [f"and {more} more invalid names"]
    return valid, "; ".join(reasons) or None


def distinct_aliases(hostname: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return canonical names without repeats and without the hostname."""
    distinct = dict.fromkeys(names)
    distinct.pop(hostname, None)
    return tuple(distinct)


def cut(text: str, size: int) -> str:
    """Return the beginning of a text, at most so many bytes of UTF-8, without a part of a character."""
    return text if len(text) * 4 <= size else text.encode()[:size].decode("utf-8", "ignore")
