"""A configuration file for unbound. Name it in an `include:` of unbound.conf.

`local-data: "name. IN A address"` answers for this name only. unbound still looks up other names of the domain, because
the zone that it makes for the name is transparent (unbound.conf(5)).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from hostsdb.errors import InvalidData
from hostsdb.formats.dns import Hosts, read_options, write_entries
from hostsdb.formats.record import Entry, Record

# The beginning of a file: comments, then an option that it has.
BEGINNING = re.compile(rb"(?:[ \t\r]*(?:#[^\n]*)?\n)*[ \t]*(?:server:|local-(?:data|data-ptr|zone):)")
_DATA = re.compile(r"""local-data:\s*(?:"([^"]*)"|'([^']*)')\s*(?:#.*)?""")
_RECORD = re.compile(r"(\S+)\s+(?:[0-9]+\s+)?(?:IN\s+)?(?:A|AAAA)\s+(\S+)", re.IGNORECASE)
# They have no name with an address that local-data does not have.
_WITHOUT_HOST = re.compile(
    r"server:|local-data-ptr:|local-zone:[^#]*\s(?:transparent|typetransparent|static|redirect)\b"
)


def read(pieces: Iterator[bytes]) -> Iterator[Record]:
    """Read A and AAAA records of local-data, each as a host; see `read_options`.

    A host with aliases is written as several records. To import them again changes nothing, because each name belongs
    to this host.
    """
    return read_options(pieces, _hosts)


def _hosts(number: int, line: str) -> Hosts:
    if _WITHOUT_HOST.match(line):
        return []
    data = _DATA.fullmatch(line)
    record = _RECORD.fullmatch((data[1] or data[2] or "").strip()) if data else None
    if record is None:
        raise InvalidData("only local-data with an A or AAAA record has a host")
    return [(record[2], [record[1]])]


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
