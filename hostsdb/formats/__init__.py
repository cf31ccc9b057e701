"""File formats: hosts, JSON, CSV, dnsmasq and unbound are read and written; zone files are only written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePath

from hostsdb.errors import InvalidData, escaped
from hostsdb.formats import csv, dnsmasq, hosts, json, unbound
from hostsdb.formats import zone as zones
from hostsdb.formats.block import read_block, replace_block
from hostsdb.formats.foreign import foreign_format
from hostsdb.formats.order import InOrder, packed, packed_by_address
from hostsdb.formats.record import BadLine, ByteStream, Entry, HostRecord, OtherLine, Record, read_pieces
from hostsdb.formats.zone import Zone

__all__ = [
    "READABLE",
    "WRITABLE",
    "BadLine",
    "ByteStream",
    "Entry",
    "HostRecord",
    "InOrder",
    "OtherLine",
    "Record",
    "Zone",
    "detect",
    "foreign_format",
    "packed",
    "packed_by_address",
    "read",
    "read_block",
    "replace_block",
    "write",
]

_READERS: dict[str, Callable[[Iterator[bytes]], Iterator[Record]]] = {
    "hosts": hosts.read,
    "json": json.read,
    "csv": csv.read,
    "dnsmasq": dnsmasq.read,
    "unbound": unbound.read,
}
_WRITERS: dict[str, Callable[[Iterable[Entry]], Iterator[str]]] = {
    "json": json.write,
    "dnsmasq": dnsmasq.write,
    "unbound": unbound.write,
}
_ENDINGS = {".json": "json", ".jsonl": "json", ".ndjson": "json", ".csv": "csv"}

READABLE = tuple(_READERS)
WRITABLE = ("hosts", "json", "csv", "dnsmasq", "unbound", "zone")


def read(stream: ByteStream, format: str) -> Iterator[Record]:
    """Read hosts one at a time. The memory does not grow with the file.

    Arguments:
        stream: a binary file, read from its current position to its end.
        format: one of READABLE.
    Yields:
        a HostRecord for each host, an OtherLine for each comment line and blank line of a hosts file, a BadLine for
        each other part of the file. No content raises an error.
    Raises:
        InvalidData: the format is unknown.
        OSError: the stream cannot be read.
    """
    _check(format, READABLE)
    return _READERS[format](read_pieces(stream))


def write(
    entries: Iterable[Entry],
    format: str,
    *,
    safe: bool = True,
    names_per_line: int | None = None,
    zone: Zone | None = None,
) -> Iterator[str]:
    """Write hosts, sorted by priority and then by first_position. The same hosts give the same text.

    Arguments:
        entries: all hosts of the file. They are sorted in memory, unless they are an `InOrder`; this keeps its order.
        format: one of WRITABLE.
        safe: in CSV, guard cells that a spreadsheet takes for formulas.
        names_per_line: in a hosts file, how many names a line has at most, at least 2; None for as many as fit.
        zone: of a zone file; it must be given.
    Yields:
        the text in pieces, with line ends (CRLF in CSV). It can be encoded as UTF-8.
    Raises:
        InvalidData: the format is unknown, or a zone file has no zone.
    """
    _check(format, WRITABLE)
    if format == "csv":
        return csv.write(entries, safe=safe)
    if format == "hosts":
        return hosts.write(entries, names_per_line=names_per_line)
    if format == "zone":
        if zone is None:
            raise InvalidData("a zone file needs the name of its zone")
        return zones.write(entries, zone)
    return _WRITERS[format](entries)


def detect(name: str, head: bytes) -> str:
    """Return the format of a file.

    Arguments:
        name: the name or path of the file; "-" if it has none.
        head: the first bytes of the file, at least a few hundred.
    Returns:
        one of READABLE. The content decides first: JSON begins with `[` or `{`, CSV with the header, dnsmasq and
        unbound with one of their options. Then the ending of the name decides. Otherwise it is `hosts`.
    """
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if text.startswith((b"[", b"{")):
        return "json"
    first_line = text.partition(b"\n")[0].decode("utf-8", "replace")
    if csv.header_columns(first_line):
        return "csv"
    for format, beginning in (("dnsmasq", dnsmasq.BEGINNING), ("unbound", unbound.BEGINNING)):
        if beginning.match(text):
            return format
    return _ENDINGS.get(PurePath(name).suffix.lower(), "hosts")


def _check(format: str, known: tuple[str, ...]) -> None:
    if format not in known:
        raise InvalidData(f'unknown format "{escaped(format)}"; use one of {", ".join(known)}')
