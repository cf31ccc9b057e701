"""The formats that hosts are read from and written to: hosts, JSON, CSV; dnsmasq and unbound only written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePath

from hostsdb.errors import InvalidData, escaped
from hostsdb.formats import csv, dnsmasq, hosts, json, unbound
from hostsdb.formats.block import replace_block
from hostsdb.formats.record import BadLine, ByteStream, Entry, HostRecord, InOrder, packed

__all__ = [
    "READABLE",
    "WRITABLE",
    "BadLine",
    "ByteStream",
    "Entry",
    "HostRecord",
    "InOrder",
    "detect",
    "packed",
    "read",
    "replace_block",
    "write",
]

_READERS: dict[str, Callable[[ByteStream], Iterator[HostRecord | BadLine]]] = {
    "hosts": hosts.read,
    "json": json.read,
    "csv": csv.read,
}
_WRITERS: dict[str, Callable[[Iterable[Entry]], Iterator[str]]] = {
    "hosts": hosts.write,
    "json": json.write,
    "csv": csv.write,
    "dnsmasq": dnsmasq.write,
    "unbound": unbound.write,
}
_ENDINGS = {".json": "json", ".jsonl": "json", ".ndjson": "json", ".csv": "csv"}

READABLE = tuple(_READERS)
WRITABLE = tuple(_WRITERS)


def read(stream: ByteStream, format: str) -> Iterator[HostRecord | BadLine]:
    """Read hosts, one at a time, in memory that does not grow with the input.

    Arguments:
        stream: a binary file, read from where it stands to its end.
        format: one of READABLE.
    Yields:
        a HostRecord for each host, in canonical form, and a BadLine for what cannot be one; never an error, whatever
        the bytes are.
    Raises:
        InvalidData: there is no such format.
        OSError: the stream cannot be read.
    """
    if format not in _READERS:
        raise _unknown(format, READABLE)
    return _READERS[format](stream)


def write(entries: Iterable[Entry], format: str, *, safe: bool = True) -> Iterator[str]:
    """Write hosts, in the numeric order of their addresses and then by hostname; the same hosts give the same text.

    Arguments:
        entries: all that the file shall hold; they are sorted in memory, unless they are an `InOrder`.
        format: one of WRITABLE.
        safe: in CSV, keep a spreadsheet from taking a cell for a formula.
    Yields:
        the text in pieces, with its line ends (CSV has CRLF), always encodable as UTF-8.
    Raises:
        InvalidData: there is no such format.
    """
    if format not in _WRITERS:
        raise _unknown(format, WRITABLE)
    return csv.write(entries, safe=safe) if format == "csv" else _WRITERS[format](entries)


def detect(name: str, head: bytes) -> str:
    """Tell a file's format.

    Arguments:
        name: its name or path; "-" where it has none.
        head: its first bytes, a few hundred or more.
    Returns:
        one of READABLE: by the content where that tells (JSON begins with `[` or `{`, CSV with its header), else by
        the ending of the name, else `hosts`.
    """
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if text.startswith((b"[", b"{")):
        return "json"
    first_line = text.partition(b"\n")[0].decode("utf-8", "replace")
    return "csv" if csv.is_header(first_line) else _ENDINGS.get(PurePath(name).suffix.lower(), "hosts")


def _unknown(format: str, known: tuple[str, ...]) -> InvalidData:
    return InvalidData(f'"{escaped(format)}" is none of the formats {", ".join(known)}')
