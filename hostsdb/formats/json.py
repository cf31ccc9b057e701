"""JSON: an array of objects, as `hostsdb list --json` prints it, or JSON Lines, one object on each line.

An object must have `ip_address` and `hostname`. It may have `aliases`, `comment`, `tags` and `priority`. Other keys are
ignored.
The text is UTF-8 (RFC 8259, 8.1), with or without a BOM.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from itertools import chain
from typing import Any

from hostsdb.errors import InvalidData, escaped
from hostsdb.formats.json_array import ArrayText
from hostsdb.formats.order import in_order
from hostsdb.formats.record import MAX_LINE, BadLine, Entry, HostRecord, host_record, read_lines
from hostsdb.model import HostEntry

_BLANKS = " \t\r\n"
_CONTROL = re.compile("[\x7f-\x9f\u2028\u2029]")
_BOM = b"\xef\xbb\xbf"
# `json` raises a plain ValueError for a number of too many digits.
_ERRORS = (InvalidData, ValueError, RecursionError)


def read(pieces: Iterator[bytes]) -> Iterator[HostRecord | BadLine]:
    """Read an array or JSON Lines.

    Arguments:
        pieces: UTF-8, as `read_pieces` yields it.
    Yields:
        a HostRecord for each host, a BadLine for each other element or line. The number is the position in the array,
        and the reason of a BadLine names the line; in JSON Lines, the number is the line. An element of more than
        64 KiB is bad. Reading goes on after a bad element.
    """
    number = 1
    for piece in pieces:
        text = piece.removeprefix(_BOM) if number == 1 else piece
        if text.lstrip().startswith(b"["):
            yield from _read_array(ArrayText(chain([text], pieces), number))
            return
        if text.strip():
            yield from _read_lines(read_lines(chain([piece], pieces)), number)
            return
        number += piece.endswith(b"\n")


def _read_lines(lines: Iterator[str], first: int) -> Iterator[HostRecord | BadLine]:
    for number, line in enumerate(lines, first):
        stripped = (line.removeprefix("\ufeff") if number == 1 else line).strip(_BLANKS)
        if len(line) > MAX_LINE:
            yield BadLine(number, escaped(stripped), f"the line is longer than {MAX_LINE // 1024} KiB")
        elif stripped:
            try:
                yield _record(number, json.loads(stripped))
            except _ERRORS as error:
                yield BadLine(number, escaped(stripped), _reason(error))


def _read_array(array: ArrayText) -> Iterator[HostRecord | BadLine]:
    array.peek()
    number, character = 0, array.step()
    while character not in ("]", ""):
        number += 1
        yield _element(array, number)
        character = array.peek()
        if character == ",":
            character = array.step() and ","
    if character == "":
        yield BadLine(number + 1, "", f"the array is not closed (in line {array.line})")
    elif array.step():
        yield BadLine(number + 1, array.head(), f"there is text after the array (in line {array.line})")


def _element(array: ArrayText, number: int) -> HostRecord | BadLine:
    """Read an element and stop at the comma or the bracket after it, or at the end."""
    head, line = array.head(), array.line
    try:
        value = array.value()
        if array.peek() in (",", "]", ""):
            return _record(number, value)
        reason = "a comma is missing after it"
    except _ERRORS as error:
        reason = _reason(error)
    if array.skip() > MAX_LINE:
        reason = f"it is longer than {MAX_LINE // 1024} KiB"
    return BadLine(number, head, f"{reason} (in line {line})")


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON: {error.msg.removesuffix(' at')}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def _record(number: int, value: object) -> HostRecord:
    if not isinstance(value, dict):
        raise InvalidData("it is not an object")
    for key in ("ip_address", "hostname"):
        if key not in value:
            raise InvalidData(f'"{key}" is missing')
    tags = None if value.get("tags") is None else _texts(value, "tags")
    aliases, comment = _texts(value, "aliases"), value.get("comment")
    priority = value.get("priority")
    return host_record(number, value["ip_address"], value["hostname"], aliases, comment, tags, priority)


def _texts(value: dict[str, Any], key: str) -> list[str]:
    texts = value.get(key)
    if texts is None:
        return []
    if not isinstance(texts, list) or not all(isinstance(x, str) for x in texts):
        raise InvalidData(f'"{key}" is not an array of strings')
    return texts


# Not first_position: a copy of the hosts in another database gives the same file.
_ENTRY_FIELDS = tuple(field.name for field in fields(HostEntry) if field.compare)
_FIELDS: dict[type, tuple[str, ...]] = {HostEntry: _ENTRY_FIELDS, HostRecord: HostRecord._fields}


def write(entries: Iterable[Entry]) -> Iterator[str]:
    """Write an array of the entries, sorted as `in_order` sorts them, with all their fields but first_position."""
    # Four times as fast as `asdict`, which also copies the values.
    return array({name: getattr(entry, name) for name in _FIELDS[type(entry)]} for entry in in_order(entries))


def array(values: Iterable[Any]) -> Iterator[str]:
    """Write values as a JSON array, one element on each line; only one element is in memory as text."""
    separator = "["
    for value in values:
        yield separator + text(value)
        separator = ",\n "
    yield "]\n" if separator != "[" else "[]\n"


def text(value: Any) -> str:
    """Return a value as JSON that can be encoded as UTF-8; a datetime becomes ISO 8601 text with its offset.

    Control characters are escaped, also those that JSON allows: a terminal could obey them.
    """
    written = _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", _ENCODER.encode(value))
    try:
        written.encode()
    except UnicodeEncodeError:  # raw SQL can store a lone surrogate as an escape in tags
        return json.dumps(value, default=_plain)
    return written


def _plain(value: datetime) -> str:
    return value.isoformat(timespec="microseconds")


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=_plain)
