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
    OtherLine,
    Record,
    cut,
    distinct_aliases,
    line_record,
    read_lines,
)
from hostsdb.names import IPV4, PLAIN_NAME, canonical_ip

# Nearly every line has an IPv4 address, names that are canonical already, and a comment in ASCII. One pattern reads it
# in half of the time. In a line of at most 253 characters no name is too long.
_PLAIN = re.compile(
    rf"[ \t]*({IPV4})[ \t]+({PLAIN_NAME})((?:[ \t]+{PLAIN_NAME})*)[ \t]*(?:#([ -~]*))?[\r\n]*"
)
_PLAIN_LENGTH = 253
# musl reads 511 bytes at a time (`fgets` in lookup_name.c), and takes the rest of a longer line for another line. The
# newline counts; `replace_block` may write CRLF instead.
MAX_BYTES = 510

_FIELD = re.compile(r"[^ \t\r\v\f\n]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def read(pieces: Iterator[bytes]) -> Iterator[Record]:
    """Read a hosts file; see `parse`."""
    return parse(read_lines(pieces))


def parse(lines: Iterable[str]) -> Iterator[Record]:
    """Read the lines of a hosts file, one at a time.

    Arguments:
        lines: the lines in order, with or without line ends, as `read_lines` yields them.
    Yields:
        a HostRecord or a BadLine for each line that contains more than blanks and a comment, an OtherLine for each
        other line. The first valid name is the hostname, the others are aliases, without repeats and without the
        hostname. The `problem` of the record names the invalid ones. A line without a valid name is bad.
        The comment is the text after the first `#` without blanks around it; None if it is empty. Control characters
        in it become blanks and bytes that are not UTF-8 become U+FFFD, as in `write`.
    """
    plain = _PLAIN.fullmatch
    for number, line in enumerate(lines, 1):
        if len(line) <= _PLAIN_LENGTH and (found := plain(line)):
            ip, hostname, others, comment = found.groups()
            aliases = distinct_aliases(hostname, others.split()) if others else ()
            yield HostRecord(number, ip, hostname, aliases, comment.strip(" ") or None if comment else None)
        else:
            yield _parse_line(number, line)


def _parse_line(number: int, line: str) -> Record:
    if len(line) > MAX_LINE:
        return BadLine(number, escaped(line), f"the line is longer than {MAX_LINE // 1024} KiB")
    if number == 1:
        line = line.removeprefix("\ufeff")
    names, mark, comment = line.partition("#")
    fields = _FIELD.findall(names)
    if not fields:
        return OtherLine(number, "comment" if mark else "blank")
    try:
        if len(fields) == 1:
            raise InvalidData(f'there is no hostname after the address "{canonical_ip(fields[0])}"')
        return line_record(number, fields[0], fields[1:], _one_line(comment))
    except InvalidData as error:
        return BadLine(number, escaped(line.strip()), str(error))


def _one_line(comment: str) -> str | None:
    # The reader and the writer use this, so importing an exported file changes nothing.
    if not comment.isprintable():
        comment = _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", comment))
    return comment.strip(" ") or None


def write(entries: Iterable[Entry], *, names_per_line: int | None = None) -> Iterator[str]:
    """Write entries as lines of a hosts file, sorted as `in_order` sorts. The format has no tags and no priorities.

    Arguments:
        names_per_line: how many names a line has at most, at least 2; None for as many as fit.
    Yields:
        `address<TAB>hostname[ alias...][<TAB># comment]` with a newline, at most MAX_BYTES long. It can be encoded as
        UTF-8. The aliases that do not fit into the first line of a host are in further lines with the same address and
        hostname, or with the address alone. A comment is in the first line; see `file_comment`. Raw SQL can store any
        text: an entry that is not valid in a hosts file becomes a comment line with the reason.
    """
    for entry in in_order(entries):
        reason = _reason_to_omit(entry)
        if reason is None:
            yield from _lines(entry, names_per_line)
        else:
            fields = " ".join([entry.ip_address, entry.hostname, *entry.aliases])
            yield cut(f"# left out, {reason}: {escaped(fields, 200)}", MAX_BYTES - 1) + "\n"


def file_comment(entry: Entry) -> str | None:
    """Return the comment of an entry as it is in an exported file: in one line, and cut if it is too long.

    Control characters and line breaks are blanks. The length does not depend on the aliases, so a reader of the file
    can compare this with a stored comment.
    """
    comment = _one_line(entry.comment or "")
    if comment is None:
        return None
    room = MAX_BYTES - _size(f"{entry.ip_address}\t{entry.hostname}\t# \n")
    return cut(comment, max(room, 0)).rstrip(" ") or None


def _lines(entry: Entry, names_per_line: int | None) -> Iterator[str]:
    comment, first = file_comment(entry), f"{entry.ip_address}\t{entry.hostname}"
    end = f"\t# {comment}\n" if comment else "\n"
    line, names, is_new = first, 1, True
    for alias in entry.aliases:
        longer = f"{line} {alias}"
        if names == names_per_line or _size(longer + end) > MAX_BYTES:
            if is_new:
                yield line + end
                end = "\n"
            line, names, is_new, longer = first, 1, False, f"{first} {alias}"
        if _size(longer + end) > MAX_BYTES:
            yield f"{entry.ip_address}\t{alias}\n"
        else:
            line, names, is_new = longer, names + 1, True
    if is_new:
        yield line + end


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _reason_to_omit(entry: Entry) -> str | None:
    try:
        canonical_ip(entry.ip_address)
    except InvalidData:
        return "its address is not an IP address"
    if not _is_field(entry.hostname):
        return "its hostname is not valid in a hosts file"
    if not all(map(_is_field, entry.aliases)):
        return "an alias is not valid in a hosts file"
    longest = max(map(_size, (entry.hostname, *entry.aliases)))
    return (
        "a name is too long for one line" if _size(f"{entry.ip_address}\t\n") + longest > MAX_BYTES else None
    )


def _is_field(name: str) -> bool:
    return name.isprintable() and name != "" and " " not in name and "#" not in name
