"""A configuration file for unbound: `include:` it from unbound.conf.

`local-data: "name. IN A address"` answers for exactly that name, and other names of its domain are still looked up: the
zone that unbound makes for it is transparent (unbound.conf(5)).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hostsdb.errors import InvalidData
from hostsdb.formats.dns import address_and_names, comment_line, left_out
from hostsdb.formats.record import Entry, in_order


def write(entries: Iterable[Entry]) -> Iterator[str]:
    """Write a server clause of local data, in order, each entry's comment on a line before it."""
    yield "server:\n"
    last, known = "", set[str]()
    for entry in in_order(entries):
        try:
            address, names = address_and_names(entry)
        except InvalidData as why:
            yield left_out(entry, why)
            continue
        if entry.comment:
            yield comment_line(entry.comment)
        if address != last:
            # The first name only, as from a hosts file: blocklists have a hundred thousand at 0.0.0.0, and unbound
            # ignores more than 4096 records of one name.
            yield f'local-data-ptr: "{address} {names[0]}."\n'
            last, known = address, set()
        family = "AAAA" if ":" in address else "A"
        yield from (f'local-data: "{name}. IN {family} {address}"\n' for name in names if name not in known)
        known.update(names)
