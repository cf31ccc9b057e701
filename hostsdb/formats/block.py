"""Replace one block of a hosts file that others write too: the lines from `# BEGIN name` to `# END name`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hostsdb.errors import InvalidData, escaped

_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_MARKER = re.compile(rb"# (BEGIN|END) ([^\n]*?)[ \t\r\n]*+")


def replace_block(old: bytes, name: str, content: bytes) -> bytes:
    """Return a file in which one block is replaced; all bytes outside of the block stay the same.

    Arguments:
        old: the content of the file.
        name: the name of the block, as in its two marker lines.
        content: the new lines of the block. They get the line end of the marker line (LF or CRLF). In a file without
            the block they get the line end of the first line. A missing newline at the end is added.
    Returns:
        the new content. If the file has no such block, the block is added at the end, with both marker lines.
    Raises:
        InvalidData: the name is not valid, the content has a marker line, or the file does not have exactly one pair of
            markers with no other marker between them. The message gives the line.
    """
    if not name or not name.isprintable() or name != name.strip():
        raise InvalidData(
            f'"{escaped(name)}" is not a block name; use printable text on one line, without blanks around it'
        )
    for number, kind, _, _, found in _markers(content):
        raise InvalidData(f"line {number} of the new content is a marker line: # {kind} {found}")
    span = _span(old, name)
    if span is None:
        crlf = old.partition(b"\n")[0].endswith(b"\r")
        block = f"# BEGIN {name}\n".encode() + _ended(content) + f"# END {name}\n".encode()
        gap = b"\n" if old and not old.endswith(b"\n") else b""
        return old + _lines(gap + block, crlf)
    start, end = span
    return old[:start] + _lines(_ended(content), old[:start].endswith(b"\r\n")) + old[end:]


def read_block(old: bytes, name: str) -> bytes:
    """Return the content of one block; empty if the file has no such block.

    Raises:
        InvalidData: as replace_block, for the markers.
    """
    span = _span(old, name)
    return old[slice(*span)] if span else b""


def _ended(content: bytes) -> bytes:
    return content if not content or content.endswith(b"\n") else content + b"\n"


def _lines(text: bytes, crlf: bool) -> bytes:
    text = text.replace(b"\r\n", b"\n")
    return text.replace(b"\n", b"\r\n") if crlf else text


def _span(old: bytes, name: str) -> tuple[int, int] | None:
    """Return where the content of the block begins and ends; None if there is no block."""
    span: tuple[int, int] | None = None
    begun: tuple[int, int] | None = None
    for number, kind, start, end, found in _markers(old):
        marker = f"line {number}: # {kind} {found}"
        if found != escaped(name, 1000):
            if begun:
                raise InvalidData(
                    f"{marker} is inside the block {escaped(name)}, which begins in line {begun[0]}"
                )
            continue
        if kind == "BEGIN" and (begun or span):
            raise InvalidData(f"{marker} occurs twice; keep only one block of this name")
        if kind == "BEGIN":
            begun = number, end
        elif begun is None:
            raise InvalidData(f"{marker} has no # BEGIN line before it")
        else:
            span, begun = (begun[1], start), None
    if begun:
        raise InvalidData(f"line {begun[0]}: # BEGIN {escaped(name)} has no # END line after it")
    return span


def _markers(text: bytes) -> Iterator[tuple[int, str, int, int, str]]:
    """Yield each marker line: its number, BEGIN or END, where it begins and ends, the escaped name."""
    for number, line in enumerate(_LINE.finditer(text), 1):
        marker = _MARKER.fullmatch(line[0])
        if marker:
            found = marker[2].decode("utf-8", "surrogateescape")
            yield number, marker[1].decode(), line.start(), line.end(), escaped(found, 1000)
