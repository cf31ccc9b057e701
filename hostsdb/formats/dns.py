"""What the files for DNS servers share: names that DNS can carry, and safe comment lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hostsdb.errors import InvalidData, escaped
from hostsdb.formats.order import in_order
from hostsdb.formats.record import MAX_LINE as LONGEST_READ
from hostsdb.formats.record import BadLine, Entry, HostRecord, OtherLine, Record, cut, line_record, read_lines
from hostsdb.names import canonical_hostname, canonical_ip

# Bytes. dnsmasq 2.90 reads 1024 bytes and takes the rest for another line (`fgets(buff, MAXDNAME, f)` in option.c). The
# end of a long comment would become an option.
MAX_LINE = 1000
_LEFT_OUT = "left out, "


def write_entries(
    entries: Iterable[Entry], lines: Callable[[str, list[str]], Iterable[str]]
) -> Iterator[str]:
    """Write entries, sorted as `in_order` sorts, each after its comment.

    Arguments:
        lines: makes the lines of one entry from its address and its names. Both are canonical; the hostname is first.
    Yields:
        lines with a newline. An entry that DNS cannot carry becomes a comment line with the reason.
    """
    for entry in in_order(entries):
        try:
            address, names = values(entry)
        except InvalidData as reason:
            yield left_out(entry, str(reason))
            continue
        if entry.comment:
            yield _comment_line(entry.comment)
        yield from lines(address, names)


def values(entry: Entry) -> tuple[str, list[str]]:
    """Return the address and the names of an entry in canonical form, the hostname first.

    Raises:
        InvalidData: DNS cannot carry the entry.
    """
    return _address(entry), _names(entry)


def left_out(entry: Entry, reason: str, mark: str = "#") -> str:
    """Return a comment line that names an entry and why it is not in the file."""
    fields = " ".join([entry.ip_address, entry.hostname, *entry.aliases])
    return _comment_line(f"{_LEFT_OUT}{reason}: {escaped(fields, 200)}", mark)


def _address(entry: Entry) -> str:
    try:
        address = canonical_ip(entry.ip_address)
    except InvalidData:
        raise InvalidData("its address is not an IP address") from None
    if "%" in address:
        raise InvalidData("DNS cannot carry the scope of its address")
    return address


def _names(entry: Entry) -> list[str]:
    try:
        return list(dict.fromkeys(map(canonical_hostname, [entry.hostname, *entry.aliases])))
    except InvalidData:
        raise InvalidData("one of its names is not a hostname") from None


def _comment_line(text: str, mark: str = "#") -> str:
    return cut(f"{mark} {escaped(text, MAX_LINE)}", MAX_LINE) + "\n"


# The address and the names of each host of a line.
Hosts = list[tuple[str, list[str]]]


def read_options(pieces: Iterator[bytes], hosts: Callable[[int, str], Hosts]) -> Iterator[Record]:
    """Read a configuration file with one option in each line.

    Arguments:
        pieces: UTF-8, as `read_pieces` yields it.
        hosts: returns the hosts of a line, from its number and its text without blanks around it. It raises InvalidData
            for an option that it does not know.
    Yields:
        a HostRecord for each host, an OtherLine for each comment line and blank line, a BadLine for each other line. A
        comment line before a host is its comment, as `write_entries` writes it.
    """
    comment: tuple[int, str] | None = None
    for number, line in enumerate(read_lines(pieces), 1):
        text = (line.removeprefix("\ufeff") if number == 1 else line).strip()
        if comment and (not text or text.startswith("#")):
            yield OtherLine(comment[0], "comment")
            comment = None
        if text.startswith("#"):
            comment = number, text[1:].strip()
        elif not text:
            yield OtherLine(number, "blank")
        else:
            records = _records(hosts, number, text, comment)
            yield from records
            if any(isinstance(record, HostRecord) for record in records):
                comment = None
    if comment:
        yield OtherLine(comment[0], "comment")


def _records(
    hosts: Callable[[int, str], Hosts], number: int, text: str, comment: tuple[int, str] | None
) -> list[HostRecord | BadLine]:
    try:
        if len(text) > LONGEST_READ:
            raise InvalidData(f"the line is longer than {LONGEST_READ // 1024} KiB")
        is_comment = comment is not None and not comment[1].startswith(_LEFT_OUT)
        words = comment[1] if comment and is_comment else None
        return [line_record(number, address, names, words) for address, names in hosts(number, text)]
    except InvalidData as error:
        return [BadLine(number, escaped(text), str(error))]
