"""JSON in and out: an array of objects as `hostsdb list --json` prints it, or JSON Lines, an object on each line.

Of an object, `ip_address` and `hostname` must be there, `aliases`, `comment` and `tags` may; every other key is passed
over. The text is UTF-8 (RFC 8259, 8.1), with or without a BOM.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from hostsdb.errors import InvalidData, escaped
from hostsdb.formats.json_array import MAX_ELEMENT, ArrayText
from hostsdb.formats.record import (
    MAX_LINE,
    BadLine,
    ByteStream,
    Entry,
    HostRecord,
    host_record,
    in_order,
    read_lines,
)
from hostsdb.model import HostEntry

_BLANKS = " \t\r\n"
# A ValueError that is no JSONDecodeError: a number of more digits than Python reads.
_REFUSALS = (InvalidData, ValueError, RecursionError)


def read(stream: ByteStream) -> Iterator[HostRecord | BadLine]:
    """Read an array, or else JSON Lines; an object of more than 64 KiB is bad.

    Yields:
        what `hostsdb.formats.read` says. The number is the object's place in the array, whose bad ones also name
        their line; in JSON Lines it is the line. After a bad object the reader goes on behind it.
    """
    number, again = 1, _Again(b"", stream)
    while line := stream.readline(MAX_LINE + 1):
        line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        again = _Again(line, stream)
        if line.strip():
            break
        number += line.endswith(b"\n")
    if line.lstrip().startswith(b"["):
        yield from _read_array(ArrayText(again, number))
    else:
        yield from _read_lines(again, number)


class _Again:
    """A stream whose first line, or the beginning of it, was looked at already."""

    def __init__(self, first: bytes, rest: ByteStream) -> None:
        self._first = first
        self._rest = rest

    def readline(self, size: int = -1, /) -> bytes:
        first, self._first = self._first, b""
        # Without its BOM the beginning of a long line is shorter than it looks to who reads on.
        return first if first.endswith(b"\n") else first + self._rest.readline(size - len(first))


def _read_lines(stream: ByteStream, first: int) -> Iterator[HostRecord | BadLine]:
    for number, line in enumerate(read_lines(stream), first):
        stripped = line.strip(_BLANKS)
        if len(line) > MAX_LINE:
            yield BadLine(number, escaped(line), f"the line is longer than {MAX_LINE // 1024} KiB")
        elif stripped:
            try:
                yield _record(number, json.loads(stripped))
            except _REFUSALS as error:
                yield BadLine(number, escaped(stripped), _why(error))


def _read_array(array: ArrayText) -> Iterator[HostRecord | BadLine]:
    number, character = 0, array.enter()
    while character not in ("]", ""):
        number += 1
        yield _element(array, number)
        character = array.next()
        if character == ",":
            character = array.step() and ","
    if character == "":
        yield BadLine(number + 1, "", f"the array is not closed at the end, in line {array.line}")
    elif array.step():
        yield BadLine(number + 1, array.head(), f"there is text after the array, in line {array.line}")


def _element(array: ArrayText, number: int) -> HostRecord | BadLine:
    """Read an element, and leave off at the comma or the bracket after it, or at the end."""
    head, line = array.head(), array.line
    try:
        value = array.value()
        if array.next() in (",", "]", ""):
            return _record(number, value)
        why = "a comma is missing after it"
    except _REFUSALS as error:
        why = _why(error)
    if array.skip() > MAX_ELEMENT:
        why = f"it is longer than {MAX_ELEMENT // 1024} KiB"
    return BadLine(number, head, f"{why} (in line {line})")


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON: {error.msg.removesuffix(' at')}"
    return "its brackets stand too deep" if isinstance(error, RecursionError) else str(error)


def _record(number: int, value: object) -> HostRecord:
    if not isinstance(value, dict):
        raise InvalidData("it is not an object")
    for key in ("ip_address", "hostname"):
        if key not in value:
            raise InvalidData(f'"{key}" is missing')
    tags = None if value.get("tags") is None else _texts(value, "tags")
    aliases = _texts(value, "aliases")
    return host_record(number, value["ip_address"], value["hostname"], aliases, value.get("comment"), tags)


def _texts(value: dict[str, Any], key: str) -> list[str]:
    texts = value.get(key)
    if texts is None:
        return []
    if not isinstance(texts, list) or not all(isinstance(x, str) for x in texts):
        raise InvalidData(f'"{key}" is not an array of strings')
    return texts


_FIELDS: dict[type, tuple[str, ...]] = {HostEntry: HostEntry.__slots__, HostRecord: HostRecord._fields}


def write(entries: Iterable[Entry]) -> Iterator[str]:
    """Write an array, in order, with every field of an entry."""
    # An entry is flat: its slots are its fields, and `asdict` would take four times as long.
    return array({name: getattr(entry, name) for name in _FIELDS[type(entry)]} for entry in in_order(entries))


def array(values: Iterable[Any]) -> Iterator[str]:
    """Write a JSON array in the order given, an element a line, so that a long one need not stand in memory twice."""
    separator = "["
    for value in values:
        yield separator + text(value)
        separator = ",\n "
    yield "]\n" if separator != "[" else "[]\n"


def text(value: Any) -> str:
    """Return the JSON of a value, moments as ISO 8601 in UTC, always encodable as UTF-8."""
    written = _ENCODER.encode(value)
    try:
        written.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which raw SQL can store as an escape in tags
        return json.dumps(value, default=_plain)
    return written


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    raise TypeError(f"{value!r} has no JSON form")


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=_plain)
