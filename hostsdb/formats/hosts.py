"""hosts(5) in and out: a streaming reader that never raises on bad input, and a stable writer.

Lines end at a newline and nowhere else: not at the other characters that `str.splitlines` takes
for line breaks. Fields stand between blanks as glibc sees them: space, tab, CR, VT, FF.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hostsdb.errors import InvalidData, escaped
from hostsdb.formats.record import MAX_LINE, BadLine, ByteStream, Entry, HostRecord, in_order, read_lines
from hostsdb.names import IPV4, PLAIN_NAME, canonical_hostname, canonical_ip

# What nearly every line is: an IPv4 address and plain names, all canonical as they stand, and a comment in ASCII. No
# line of at most 253 characters has a name that is too long.
_PLAIN = re.compile(
    rf"[ \t]*({IPV4})[ \t]+({PLAIN_NAME})((?:[ \t]+{PLAIN_NAME})*+)[ \t]*(?:#([ -~]*))?[\r\n]*"
)
_PLAIN_LENGTH = 253

_FIELD = re.compile(r"[^ \t\r\v\f\n]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def read(stream: ByteStream) -> Iterator[HostRecord | BadLine]:
    """Read a hosts file; see `parse`."""
    return parse(read_lines(stream))


def parse(lines: Iterable[str]) -> Iterator[HostRecord | BadLine]:
    """Read the lines of a hosts file, one at a time.

    Arguments:
        lines: the lines in order, with or without their line ends, as `read_lines` yields them.
    Yields:
        a HostRecord or a BadLine for each line that is not empty and not only a comment. The first
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
            yield HostRecord(number, ip, hostname, aliases, comment.strip(" ") or None if comment else None)
        elif (parsed := _parse_line(number, line)) is not None:
            yield parsed


def _parse_line(number: int, line: str) -> HostRecord | BadLine | None:
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


def _host_line(number: int, fields: list[str], comment: str) -> HostRecord:
    ip = canonical_ip(fields[0])
    if len(fields) == 1:
        raise InvalidData(f'the address "{ip}" has no name after it')
    hostname = canonical_hostname(fields[1])
    aliases = _others(hostname, map(canonical_hostname, fields[2:]))
    return HostRecord(number, ip, hostname, aliases, _one_line(comment) if comment else None)


def _others(hostname: str, names: Iterable[str]) -> tuple[str, ...]:
    once = dict.fromkeys(names)
    once.pop(hostname, None)
    return tuple(once)


def _one_line(comment: str) -> str | None:
    """Import and export share this, so that importing what was exported changes nothing."""
    if not comment.isprintable():
        comment = _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", comment))
    return comment.strip(" ") or None


def write(entries: Iterable[Entry]) -> Iterator[str]:
    """Write entries as lines of a hosts file, in the order of `in_order`. The format has no place for tags.

    Yields:
        `address<TAB>hostname[ alias...][<TAB># comment]` with a newline, always encodable as UTF-8. Each control
        character or line break of a comment becomes a blank. A comment is cut where the line reaches MAX_LINE bytes.
        An entry that would break the format (raw SQL can store any text), or whose names are too long for a line,
        becomes a comment line that says so.
    """
    return map(render_line, in_order(entries))


def render_line(entry: Entry) -> str:
    """Write one entry, as `write` does."""
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


def _why_unfit(entry: Entry) -> str | None:
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
