"""What the configurations of dnsmasq and unbound share: names that DNS can carry, and safe comment lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hostsdb.errors import InvalidData, escaped
from hostsdb.formats.order import in_order
from hostsdb.formats.record import Entry, cut
from hostsdb.names import canonical_hostname, canonical_ip

# Bytes. dnsmasq 2.90 reads 1024 bytes and takes the rest for another line (`fgets(buff, MAXDNAME, f)` in option.c). The
# end of a long comment would become an option.
MAX_LINE = 1000


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
            address, names = _address(entry), _names(entry)
        except InvalidData as reason:
            fields = " ".join([entry.ip_address, entry.hostname, *entry.aliases])
            yield _comment_line(f"left out, {reason}: {escaped(fields, 200)}")
            continue
        if entry.comment:
            yield _comment_line(entry.comment)
        yield from lines(address, names)


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


def _comment_line(text: str) -> str:
    return cut(f"# {escaped(text, MAX_LINE)}", MAX_LINE) + "\n"
