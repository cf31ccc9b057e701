"""hosts(5) in and out: a streaming reader that never raises on bad input, and a stable writer.

Lines end at a newline and nowhere else: not at the other characters that `str.splitlines` takes
for line breaks. Fields stand between blanks as glibc sees them: space, tab, CR, VT, FF.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from hostsdb.errors import InvalidData, escaped
from hostsdb.names import IPV4, PLAIN_NAME, canonical_hostname, canonical_ip, ip_sort_key

# Bytes of a line with its line end: far more than any real line, and the bound on memory.
MAX_LINE = 65536

# What nearly every line is: an IPv4 address and plain names, all canonical as they stand, and a comment in ASCII. No
# line of at most 253 characters has a name that is too long.
_PLAIN = re.compile(
    rf"[ \t]*({IPV4})[ \t]+({PLAIN_NAME})((?:[ \t]+{PLAIN_NAME})*+)[ \t]*(?:#([ -~]*))?[\r\n]*"
)
_PLAIN_LENGTH = 253

_FIELD = re.compile(r"[^ \t\r\v\f\n]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class HostLine(NamedTuple):
    """A good line: its number (from 1), the address and names in canonical form, its comment."""

    number: int
    ip_address: str
    hostname: str
    aliases: tuple[str, ...]
    comment: str | None


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


class EntryLike(Protocol):
    """What `render` writes: a `HostEntry`, a `HostLine`, or anything with these attributes."""

    @property
    def ip_address(self) -> str:
        """The address, as stored."""

    @property
    def hostname(self) -> str:
        """The first name."""

    @property
    def aliases(self) -> Sequence[str]:
        """The other names, in order."""

    @property
    def comment(self) -> str | None:
        """The text after the `#`; None or empty for none."""


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


def parse(lines: Iterable[str]) -> Iterator[HostLine | BadLine]:
    """Read the lines of a hosts file, one at a time.

    Arguments:
        lines: the lines in order, with or without their line ends, as `read_lines` yields them.
    Yields:
        a HostLine or a BadLine for each line that is not empty and not only a comment. The first
        name is the hostname; aliases come without repeats and without the hostname. One bad alias
        makes the line bad. A comment is the text after the first `#`, without the blanks around
        it, None when nothing is left; as in `render` each control character is a blank, and what
        was not UTF-8 is U+FFFD: a comment names no host, so the line stays good.
    """
    plain = _PLAIN.fullmatch
    for number, line in enumerate(lines, 1):
        # By one pattern where it fits: half of the time.
        if len(line) <= _PLAIN_LENGTH and (found := plain(line)):
            ip, hostname, others, comment = found.groups()
            aliases = _others(hostname, others.split()) if others else ()
            yield HostLine(number, ip, hostname, aliases, comment.strip(" ") or None if comment else None)
        elif (parsed := _parse_line(number, line)) is not None:
            yield parsed


def _parse_line(number: int, line: str) -> HostLine | BadLine | None:
    if len(line) > MAX_LINE:
        return BadLine(number, escaped(line), f"the line is longer than {MAX_LINE // 1024} KiB")
    if number == 1:
        line = line.removeprefix("\ufeff")
    names, _, comment = line.partition("#")
    fields = _FIELD.findall(names)
    if not fields:
        return None
    try:
        return _host_line(number, fields, comment)
    except InvalidData as error:
        return BadLine(number, escaped(line.strip()), str(error))


def _host_line(number: int, fields: list[str], comment: str) -> HostLine:
    ip = canonical_ip(fields[0])
    if len(fields) == 1:
        raise InvalidData(f'the address "{ip}" has no name after it')
    hostname = canonical_hostname(fields[1])
    aliases = _others(hostname, map(canonical_hostname, fields[2:]))
    return HostLine(number, ip, hostname, aliases, _one_line(comment) if comment else None)


def _others(hostname: str, names: Iterable[str]) -> tuple[str, ...]:
    once = dict.fromkeys(names)
    once.pop(hostname, None)
    return tuple(once)


def _one_line(comment: str) -> str | None:
    """Import and export share this, so that importing what was exported changes nothing."""
    if not comment.isprintable():
        comment = _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", comment))
    return comment.strip(" ") or None


def render(entries: Iterable[EntryLike]) -> Iterator[str]:
    """Write entries as lines of a hosts file; the same entries give the same text in any order.

    Arguments:
        entries: all that the file shall hold; they are sorted in memory.
    Yields:
        `address<TAB>hostname[ alias...][<TAB># comment]` with a newline, by the address's number
        and then the hostname's bytes, always encodable as UTF-8. Each control character or line
        break of a comment becomes a blank, and a comment is cut where the line reaches MAX_LINE
        bytes. An entry that would break the format (raw SQL can store any text), or whose names
        alone are too long for a line, becomes a comment line that says so.
    """
    return map(render_line, sorted(entries, key=by_address))


def by_address(entry: EntryLike) -> tuple[tuple[int, int, bytes], str]:
    """Return what hosts are sorted by wherever they are written: the number of the address, then the hostname."""
    return ip_sort_key(entry.ip_address), entry.hostname


def render_line(entry: EntryLike) -> str:
    """Write one entry, as `render` does."""
    fields = [entry.ip_address, " ".join([entry.hostname, *entry.aliases])]
    why = _why_unfit(entry)
    if why is None:
        line = "\t".join(fields)
        if len(line.encode()) < MAX_LINE:
            return line + _comment_after(line, entry.comment) + "\n"
        why = "its names are too long for one line"
    return f"# left out, {why}: {escaped(' '.join(fields), 200)}\n"


def _comment_after(line: str, comment: str | None) -> str:
    text = _one_line(comment or "")
    if text is None:
        return ""
    room = MAX_LINE - len(line.encode()) - len("\t# \n")
    # A comment too long for the line is cut: better than to lose the host it stands at.
    return "\t# " + text.encode()[:room].decode("utf-8", "ignore").rstrip(" ") if room > 0 else ""


def _why_unfit(entry: EntryLike) -> str | None:
    try:
        canonical_ip(entry.ip_address)
    except InvalidData:
        return "its address is not an IP address"
    if not _is_field(entry.hostname):
        return "its hostname cannot stand in a hosts file"
    if not all(map(_is_field, entry.aliases)):
        return "an alias of it cannot stand in a hosts file"
    return None


def _is_field(name: str) -> bool:
    return name.isprintable() and name != "" and " " not in name and "#" not in name
