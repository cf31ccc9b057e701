"""CSV by RFC 4180: a header, then a host on each row; what the columns hold, and how a list stands in a cell.

The columns are `ip_address`, `hostname`, `aliases`, `comment`, `tags`, in any order; the first two must be there, and
others are passed over. A cell of aliases or tags that begins with `[` is a JSON array of strings; any other is
separated by blanks. An array is written where an element holds a blank, a quote, a comma, what cannot be printed, or
nothing, or where the cell would begin with `[`.

A cell that a spreadsheet would take for a formula is written behind an apostrophe, which the reader takes off again, so
that nothing is lost: the characters are OWASP's (CSV Injection) with the NUL of its ASVS 5.0, 1.2.10. This holds where
the file is opened as what it is, with the comma as the separator.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hostsdb.errors import InvalidData, escaped
from hostsdb.formats.record import BadLine, ByteStream, Entry, HostRecord, host_record, in_order
from hostsdb.rows import texts_to_json

COLUMNS = ("ip_address", "hostname", "aliases", "comment", "tags")

# Bytes of a row: far more than any real one, the bound on memory, and below what the csv module takes for a cell.
MAX_ROW = 65536

_FORMULA = "[=+\\-@\t\r\n\0＝＋－＠]"
_IS_FORMULA = re.compile(f"'*+{_FORMULA}")
_IS_GUARDED = re.compile(f"'++{_FORMULA}")
_NEEDS_QUOTES = re.compile('[",\r\n]')


@dataclass(frozen=True, slots=True)
class _Row:
    """The text of a row: the number of its first line, and how long it is where not all of it is kept."""

    number: int
    text: str
    length: int


def read(stream: ByteStream) -> Iterator[HostRecord | BadLine]:
    """Read CSV; a row of more than 64 KiB is bad, and so is one with more or fewer cells than the header.

    Yields:
        what `hostsdb.formats.read` says; the number is the line that a row begins in. Without our header, one BadLine
        and nothing else.
    """
    rows = _rows(stream)
    first = next(rows, None)
    if first is None:
        return
    columns = _header(first.text)
    if columns is None:
        why = "the first line does not name the columns ip_address and hostname, each once"
        yield BadLine(first.number, escaped(first.text.strip()), why)
        return
    for row in rows:
        try:
            cells = _cells(row)
            if any(cells):  # spreadsheets leave rows of empty cells
                yield _record(row.number, columns, cells)
        except InvalidData as error:
            yield BadLine(row.number, escaped(row.text.strip()), str(error))


def is_header(line: str) -> bool:
    """Tell whether a line is the header of a CSV file of hosts."""
    return _header(line) is not None


def _header(line: str) -> list[str] | None:
    try:
        cells = next(csv.reader([line[:MAX_ROW]], strict=True), [])
    except csv.Error:
        return None
    columns = [cell.strip(" \r\n").lower() for cell in cells]
    known = [column for column in columns if column in COLUMNS]
    fits = {"ip_address", "hostname"} <= set(known) and len(known) == len(set(known))
    return columns if fits else None


def _rows(stream: ByteStream) -> Iterator[_Row]:
    """Yield rows that are not blank; a newline ends one where the quotes before it are even in number (RFC 4180)."""
    number, first, quotes, length = 1, 1, 0, 0
    kept: list[bytes] = []
    while piece := stream.readline(MAX_ROW + 1):
        if not kept and number == 1:
            piece = piece.removeprefix(b"\xef\xbb\xbf")
        quotes += piece.count(b'"')
        length += len(piece)
        if length <= MAX_ROW or not kept:
            kept.append(piece)
        if piece.endswith(b"\n"):
            number += 1
            if quotes % 2 == 0:
                if kept not in ([b"\n"], [b"\r\n"]):
                    yield _Row(first, _text(kept), length)
                first, quotes, length, kept = number, 0, 0, []
    if kept:
        yield _Row(first, _text(kept), length)


def _text(pieces: list[bytes]) -> str:
    return b"".join(pieces).decode("utf-8", "surrogateescape")


def _cells(row: _Row) -> list[str]:
    if row.length > MAX_ROW:
        raise InvalidData(f"the row is longer than {MAX_ROW // 1024} KiB; is a quote not closed?")
    try:
        return next(csv.reader([row.text], strict=True), [])
    except csv.Error as error:
        raise InvalidData(f"it is not CSV: {error}") from error


def _record(number: int, columns: list[str], cells: list[str]) -> HostRecord:
    if len(cells) != len(columns):
        raise InvalidData(f"it has {len(cells)} cells, the header has {len(columns)}")
    row = {
        column: cell[1:] if cell[:1] == "'" and _IS_GUARDED.match(cell) else cell
        for column, cell in zip(columns, cells, strict=True)
    }
    tags = _list(row["tags"]) if "tags" in row else None
    aliases = _list(row.get("aliases", ""))
    return host_record(number, row["ip_address"], row["hostname"], aliases, row.get("comment"), tags)


def _list(cell: str) -> list[str]:
    if not cell.startswith("["):
        return cell.split()
    try:
        values = json.loads(cell)
    except (ValueError, RecursionError) as error:
        raise InvalidData(f'"{escaped(cell)}" begins as a JSON array and is none') from error
    if not all(isinstance(value, str) for value in values):
        raise InvalidData(f'"{escaped(cell)}" is not an array of strings')
    return list(values)


def write(entries: Iterable[Entry], *, safe: bool = True) -> Iterator[str]:
    """Write CSV, in order.

    Arguments:
        entries: all of them; they are sorted in memory.
        safe: put an apostrophe before what a spreadsheet would take for a formula. Without it, only before what
            begins with an apostrophe and such a character, so that what is read back is the same either way.
    Yields:
        the header, then a row for each entry, with CRLF.
    """
    guarded = _IS_FORMULA if safe else _IS_GUARDED
    yield ",".join(COLUMNS) + "\r\n"
    for entry in in_order(entries):
        cells = (
            entry.ip_address,
            entry.hostname,
            _list_cell(entry.aliases),
            entry.comment or "",
            _list_cell(entry.tags or ()),
        )
        yield ",".join([_quoted(f"'{cell}" if guarded.match(cell) else cell) for cell in cells]) + "\r\n"


def _list_cell(texts: Sequence[str]) -> str:
    cell = " ".join(texts)
    plain = cell.isprintable() and not cell.startswith("[") and all(map(_is_plain, texts))
    return cell if plain else texts_to_json(texts)


def _is_plain(text: str) -> bool:
    return text != "" and not any(character in text for character in ' ",')


def _quoted(cell: str) -> str:
    if not cell.isascii():  # half a surrogate pair, which raw SQL can store as an escape in tags
        cell = cell.encode("utf-8", "replace").decode()
    if _NEEDS_QUOTES.search(cell):
        cell = cell.replace('"', '""')
        return f'"{cell}"'
    return cell
