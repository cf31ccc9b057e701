"""CSV (RFC 4180): a header, then one host in each row.

The columns are `ip_address`, `hostname`, `aliases`, `comment`, `tags` and `priority`, in any order. The first two are
required. Other columns are ignored. An empty `priority` does not change the priority of a host. In `aliases` and
`tags`, a cell that begins with `[` is a JSON array of strings. Any other cell is a list separated by blanks. The writer
uses an array if an element is empty or contains a blank, a quote, a comma or an unprintable character, or if the cell
would begin with `[`.

A spreadsheet takes some cells for formulas. The writer puts an apostrophe before them, and the reader removes it, so no
value changes. The characters are from OWASP's page on CSV injection, and the NUL from its ASVS 5.0, 1.2.10. The guard
works when the spreadsheet uses the comma as separator.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from types import SimpleNamespace

from hostsdb.errors import InvalidData, escaped
from hostsdb.formats.order import in_order
from hostsdb.formats.record import MAX_LINE, BadLine, Entry, HostRecord, host_record
from hostsdb.rows import texts_to_json

COLUMNS = ("ip_address", "hostname", "aliases", "comment", "tags", "priority")

_FORMULA = "[=+\\-@\t\r\n\0＝＋－＠]"
_IS_FORMULA = re.compile(f"'*+{_FORMULA}")
_IS_GUARDED = re.compile(f"'++{_FORMULA}")
_PLAIN = re.compile('[^ ",]+')
# Quotes a cell that needs it, and returns the line.
_line = csv.writer(SimpleNamespace(write=str)).writerow
_INTEGER = re.compile("[+-]?[0-9]{1,10}")


def read(pieces: Iterator[bytes]) -> Iterator[HostRecord | BadLine]:
    """Read CSV.

    Arguments:
        pieces: UTF-8, as `read_pieces` yields it.
    Yields:
        a HostRecord for each host, a BadLine for each other row. The number is the first line of the row. A row of more
        than 64 KiB is bad, and a row with more or fewer cells than the header. If the header is not valid, one BadLine
        and nothing else.
    """
    rows = _rows(pieces)
    number, text, _ = next(rows, (1, "", 0))
    columns = header_columns(text)
    if columns is None and text:
        reason = "the header must name the columns ip_address and hostname, and no column twice"
        yield BadLine(number, escaped(text.strip()), reason)
    if columns is None:
        return
    for number, text, length in rows:
        try:
            cells = _cells(text, length)
            if any(cells):  # spreadsheets write rows of empty cells
                yield _record(number, columns, cells)
        except InvalidData as error:
            yield BadLine(number, escaped(text.strip()), str(error))


def header_columns(line: str) -> list[str] | None:
    """Return the columns that a header names; None if the line is not the header of a CSV file of hosts."""
    try:
        cells = next(csv.reader([line[:MAX_LINE]], strict=True), [])
    except csv.Error:
        return None
    columns = [cell.strip(" \r\n").lower() for cell in cells]
    known = [column for column in columns if column in COLUMNS]
    fits = {"ip_address", "hostname"} <= set(known) and len(known) == len(set(known))
    return columns if fits else None


def _rows(pieces: Iterator[bytes]) -> Iterator[tuple[int, str, int]]:
    """Yield for each row that is not blank its first line number, its text and its length in bytes.

    A newline ends a row if the number of quotes before it is even (RFC 4180). The text of a long row is cut.
    """
    number, first, quotes, length = 1, 1, 0, 0
    kept: list[bytes] = []
    for piece in pieces:
        if not kept and number == 1:
            piece = piece.removeprefix(b"\xef\xbb\xbf")
        quotes += piece.count(b'"')
        length += len(piece)
        if length <= MAX_LINE or not kept:
            kept.append(piece)
        if piece.endswith(b"\n"):
            number += 1
            if quotes % 2 == 0:
                if kept not in ([b"\n"], [b"\r\n"]):
                    yield first, _text(kept), length
                first, quotes, length, kept = number, 0, 0, []
    if kept:
        yield first, _text(kept), length


def _text(pieces: list[bytes]) -> str:
    return b"".join(pieces).decode("utf-8", "surrogateescape")


def _cells(text: str, length: int) -> list[str]:
    if length > MAX_LINE:
        raise InvalidData(f"the row is longer than {MAX_LINE // 1024} KiB; a closing quote may be missing")
    try:
        return next(csv.reader([text], strict=True), [])
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
    aliases, comment = _list(row.get("aliases", "")), row.get("comment")
    priority = _priority(row.get("priority", ""))
    return host_record(number, row["ip_address"], row["hostname"], aliases, comment, tags, priority)


def _list(cell: str) -> list[str]:
    if not cell.startswith("["):
        return cell.split()
    try:
        values = json.loads(cell)
    except (ValueError, RecursionError) as error:
        raise InvalidData(f'"{escaped(cell)}" begins with "[" but is not a JSON array') from error
    if not all(isinstance(value, str) for value in values):
        raise InvalidData(f'"{escaped(cell)}" is not an array of strings')
    return list(values)


def _priority(cell: str) -> int | None:
    cell = cell.strip(" ")
    if not cell:
        return None
    if not _INTEGER.fullmatch(cell):
        raise InvalidData(f'the priority "{escaped(cell)}" is not an integer')
    return int(cell)


def write(entries: Iterable[Entry], *, safe: bool = True) -> Iterator[str]:
    """Write CSV, sorted as `in_order` sorts.

    Arguments:
        safe: put an apostrophe before a cell that a spreadsheet takes for a formula. If False, only before a cell that
            begins with an apostrophe and such a character; the reader would remove that apostrophe.
    Yields:
        the header, then a row for each entry, with CRLF.
    """
    yield ",".join(COLUMNS) + "\r\n"
    for entry in in_order(entries):
        aliases, tags = _list_cell(entry.aliases), _list_cell(entry.tags or ())
        cells = (entry.ip_address, entry.hostname, aliases, entry.comment or "", tags)
        texts = [guarded(cell, safe) for cell in cells]
        # A negative number is no formula.
        line: str = _line([*texts, "" if entry.priority is None else str(entry.priority)])
        # Raw SQL can store a lone surrogate as an escape in tags.
        yield line if line.isascii() else line.encode("utf-8", "replace").decode()


def guarded(cell: str, safe: bool = True) -> str:
    """Return a cell with an apostrophe before it, if it needs one; see `write`."""
    return f"'{cell}" if (_IS_FORMULA if safe else _IS_GUARDED).match(cell) else cell


def _list_cell(texts: Sequence[str]) -> str:
    cell = " ".join(texts)
    plain = cell.isprintable() and not cell.startswith("[") and all(map(_PLAIN.fullmatch, texts))
    return cell if plain else texts_to_json(texts)
