"""What the configurations of DNS servers share: the names that DNS can carry, and comments that stay comments."""

from __future__ import annotations

from hostsdb.errors import InvalidData, escaped
from hostsdb.formats.record import Entry
from hostsdb.names import canonical_hostname, canonical_ip

# dnsmasq 2.90 reads 1024 bytes and takes what follows for another line, so that the end of a long comment would be
# read as an option (`fgets(buff, MAXDNAME, f)` in its option.c).
MAX_LINE = 1000


def address_and_names(entry: Entry) -> tuple[str, list[str]]:
    """Return an entry's address and names in canonical form, the hostname first, each name once.

    Raises:
        InvalidData: raw SQL stored what is none, or the address has a scope; the message says which.
    """
    try:
        address = canonical_ip(entry.ip_address)
    except InvalidData:
        raise InvalidData("its address is not an IP address") from None
    if "%" in address:
        raise InvalidData("its address has a scope, which DNS cannot carry")
    try:
        return address, list(dict.fromkeys(map(canonical_hostname, [entry.hostname, *entry.aliases])))
    except InvalidData:
        raise InvalidData("a name of it is not a hostname") from None


def left_out(entry: Entry, why: InvalidData) -> str:
    """Return the comment line that stands for an entry which cannot be written."""
    names = " ".join([entry.ip_address, entry.hostname, *entry.aliases])
    return comment_line(f"left out, {why}: {escaped(names, 200)}")


def comment_line(text: str) -> str:
    """Return a text as one comment line of at most MAX_LINE bytes, what cannot be printed escaped."""
    line = f"# {escaped(text, MAX_LINE)}".encode()
    return line[:MAX_LINE].decode("utf-8", "ignore") + "\n"
