"""hosts(5): the file format of /etc/hosts.

Only a newline ends a line, not the other line breaks of `str.splitlines`. Fields are separated by the blanks of glibc:
space, tab, CR, VT, FF.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hostsdb.errors import InvalidData, escaped
from hostsdb.formats.order import in_order
from hostsdb.formats.record import (
    MAX_LINE,
    BadLine,
    Entry,
    HostRecord,
    distinct_aliases,
    host_record,
    read_lines,
)
from hostsdb.names import IPV4, PLAIN_NAME, canonical_ip

# Nearly every line has an IPv4 address, names that are canonical already, and a comment in ASCII. One pattern reads it
# in half of the time. In a line of at most 253 characters no name is too long.
_PLAIN = re.compile(
    rf"[ \t]*({IPV4})[ \t]+({PLAIN_NAME})((?:[ \t]+{PLAIN_NAME})*)[ \t]*(?:#([ -~]*))?[\r\n]*"
)
_PLAIN_LENGTH = 253

_FIELD = re.compile(r"[^ \t\r\v\f\n]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def read(pieces: Iterator[bytes]) -> Iterator[HostRecord | BadLine]:
    """Read a hosts file; see `parse`."""
    return parse(read_lines(pieces))


def parse(lines: Iterable[str]) -> Iterator[HostRecord | BadLine]:
    """Read the lines of a hosts file, one at a time.

    Arguments:
        lines: the lines in order, with or without line ends, as `read_lines` yields them.
    Yields:
        a HostRecord or a BadLine for each line that contains more than blanks and a comment. The first name is the
        hostname, the others are aliases, without repeats and without the hostname. One bad alias makes the line bad.
        The comment is the text after the first `#` without blanks around it; None if it is empty. Control characters
        in it become blanks and bytes that are not UTF-8 become U+FFFD, as in `write`.
    """
    plain = _PLAIN.fullmatch
    for number, line in enumerate(lines, 1):
        if len(line) <= _PLAIN_LENGTH and (found := plain(line)):
            ip, hostname, others, comment = found.groups()
            aliases = distinct_aliases(hostname, others.split()) if others else ()
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
        if len(fields) == 1:
            raise InvalidData(f'there is no hostname after the address "{canonical_ip(fields[0])}"')
        return host_record(number, fields[0], fields[1], fields[2:], _one_line(comment), None, None)
    except InvalidData as error:
        return BadLine(number, escaped(line.strip()), str(error))


def _one_line(comment: str) -> str | None:
    # The reader and the writer use this, so importing an exported file changes nothing.
    if not comment.isprintable():
        comment = _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", comment))
    return comment.strip(" ") or None


def write(entries: Iterable[Entry]) -> Iterator[str]:
    """Write entries as lines of a hosts file, sorted as `in_order` sorts. The format has no tags and no priorities.

    Yields:
        `address<TAB>hostname[ alias...][<TAB># comment]` with a newline. It can be encoded as UTF-8. Control characters
        and line breaks in a comment become blanks. A comment is cut so that the line has at most MAX_LINE bytes. Raw
        SQL can store any text: an entry that is not valid in a hosts file becomes a comment line with the reason.
    """
    return map(_line, in_order(entries))


def _line(entry: Entry) -> str:
    fields = [entry.ip_address, " ".join([entry.hostname, *entry.aliases])]
    reason = _reason_to_omit(entry)
    if reason is None:
        line = "\t".join(fields)
        if len(line.encode()) < MAX_LINE:
            return line + _comment_after(line, entry.comment) + "\n"
        reason = "its names are too long for one line"
    return f"# left out, {reason}: {escaped(' '.join(fields), 200)}\n"


def _comment_after(line: str, comment: str | None) -> str:
    text = _one_line(comment or "")
    if text is None:
        return ""
    room = MAX_LINE - len(line.encode()) - len("\t# \n")
    # A comment that is too long is cut: a host without its comment is better than no host.
    return "\t# " + text.encode()[:room].decode("utf-8", "ignore").rstrip(" ") if room > 0 else ""


def _reason_to_omit(entry: Entry) -> str | None:
    try:
        canonical_ip(entry.ip_address)
    except InvalidData:
        return "its address is not an IP address"
    if not _is_field(entry.hostname):
        return "its hostname is not valid in a hosts file"
    if not all(map(_is_field, entry.aliases)):
        return "an alias is not valid in a hosts file"
    return None


def _is_field(name: str) -> bool:
    return name.isprintable() and name != "" and " " not in name and "#" not in name
