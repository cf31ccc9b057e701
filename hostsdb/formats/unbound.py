"""A configuration file for unbound. Name it in an `include:` of unbound.conf.

`local-data: "name. IN A address"` answers for this name only. unbound still looks up other names of the domain, because
the zone that it makes for the name is transparent (unbound.conf(5)).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from hostsdb.formats.dns import write_entries
from hostsdb.formats.record import Entry


def write(entries: Iterable[Entry]) -> Iterator[str]:
    """Write a server clause with local data; see `write_entries`."""
    written: dict[str, set[str]] = {}

    def records(address: str, names: list[str]) -> list[str]:
        family = "AAAA" if ":" in address else "A"
        lines = []
        if address not in written:
            # One PTR record for an address, as for a hosts file. Blocklists have 100,000 names for 0.0.0.0, and unbound
            # ignores more than 4096 records of one name.
            lines = [f'local-data-ptr: "{address} {names[0]}."\n']
            written[address] = set()
        new = [name for name in names if name not in written[address]]
        written[address].update(new)
        return lines + [f'local-data: "{name}. IN {family} {address}"\n' for name in new]

    return chain(["server:\n"], write_entries(entries, records))
