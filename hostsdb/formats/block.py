"""One block of a hosts file that others write too: ours stands between `# BEGIN name` and `# END name`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hostsdb.errors import InvalidData, escaped

_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_MARKER = re.compile(rb"# (BEGIN|END) ([^\n]*?)[ \t\r\n]*+")


def replace_block(old: bytes, name: str, content: bytes) -> bytes:
    """Return a file with the lines of one block replaced, and every other byte as it was.

    Arguments:
        old: the file as it is.
        name: what stands in the block's two marker lines.
        content: the lines of the block; their ends become CRLF where the marker line has it (in a file without the
            block: where the first line has it). None at the end is added.
    Returns:
        the new file; without the block in it, the block is put at the end with both marker lines.
    Raises:
        InvalidData: the name is not one line, the content has a marker line, or the file has markers that are not
            one pair with no other marker between them; the message names the line.
    """
    if not name or not name.isprintable() or name != name.strip():
        raise InvalidData(f'"{escaped(name)}" cannot name a block: one line without blanks around it can')
    for number, kind, _, _, found in _markers(content):
        raise InvalidData(f"line {number} of the new block is a marker itself: # {kind} {found}")
    span = _span(old, name)
    if span is None:
        crlf = old.partition(b"\n")[0].endswith(b"\r")
        gap = _lines(b"\n" if old and not old.endswith(b"\n") else b"", crlf)
        return (
            old
            + gap
            + _lines(f"# BEGIN {name}\n".encode() + _ended(content) + f"# END {name}\n".encode(), crlf)
        )
    start, end = span
    return old[:start] + _lines(_ended(content), old[:start].endswith(b"\r\n")) + old[end:]


def _ended(content: bytes) -> bytes:
    return content if not content or content.endswith(b"\n") else content + b"\n"


def _lines(text: bytes, crlf: bool) -> bytes:
    text = text.replace(b"\r\n", b"\n")
    return text.replace(b"\n", b"\r\n") if crlf else text


def _span(old: bytes, name: str) -> tuple[int, int] | None:
    """Return where the block's content begins and ends."""
    span: tuple[int, int] | None = None
    begun: tuple[int, int] | None = None
    for number, kind, start, end, found in _markers(old):
        marker = f"line {number}: # {kind} {found}"
        if found != escaped(name, 1000) and begun:
            raise InvalidData(
                f"{marker} stands inside the block {escaped(name)}, which began in line {begun[0]}"
            )
        if found != escaped(name, 1000):
            continue
        if kind == "BEGIN" and (begun or span):
            raise InvalidData(f"{marker} stands there a second time; one block of a name can be replaced")
        if kind == "BEGIN":
            begun = number, end
        elif begun is None:
            raise InvalidData(f"{marker} ends a block that has no beginning")
        else:
            span, begun = (begun[1], start), None
    if begun:
        raise InvalidData(f"line {begun[0]}: # BEGIN {escaped(name)} begins a block that has no end")
    return span


def _markers(text: bytes) -> Iterator[tuple[int, str, int, int, str]]:
    """Yield the marker lines: number, BEGIN or END, where the line begins and ends, the name escaped."""
    for number, line in enumerate(_LINE.finditer(text), 1):
        marker = _MARKER.fullmatch(line[0])
        if marker:
            found = marker[2].decode("utf-8", "surrogateescape")
            yield number, marker[1].decode(), line.start(), line.end(), escaped(found, 1000)
