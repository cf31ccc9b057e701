"""A configuration file for dnsmasq: `conf-file=` it, or put it into its `conf-dir`.

`host-record=<name>[,<name>...],<address>` adds A or AAAA records for the names and a PTR record for the address; a
name may stand in several of them and so have several addresses of both families; of several names, the first that an
address comes with is its PTR record, as in a hosts file (dnsmasq(8)). `address=/name/...` would also answer for every
name below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hostsdb.errors import InvalidData
from hostsdb.formats.dns import MAX_LINE, address_and_names, comment_line, left_out
from hostsdb.formats.record import Entry, in_order


def write(entries: Iterable[Entry]) -> Iterator[str]:
    """Write host-record options, in order, each entry's comment on a line before it."""
    for entry in in_order(entries):
        try:
            address, names = address_and_names(entry)
        except InvalidData as why:
            yield left_out(entry, why)
            continue
        if entry.comment:
            yield comment_line(entry.comment)
        yield from _records(address, names)


def _records(address: str, names: list[str]) -> Iterator[str]:
    """Yield as many lines as it takes for each to be short enough."""
    line = "host-record"
    for name in names:
        # dnsmasq takes a number for the time to live; with the root's dot it is a name.
        field = f"{name}." if name.isdigit() else name
        if len(line) + len(field) + len(address) + 2 > MAX_LINE:
            yield f"{line},{address}\n"
            line = "host-record"
        line += ("=" if line == "host-record" else ",") + field
    yield f"{line},{address}\n"
