"""A configuration file for dnsmasq. Name it in `conf-file=`, or put it into the folder of `conf-dir`.

`host-record=<name>[,<name>...],<address>` adds an A or AAAA record for each name, and one PTR record for the address. A
name may be in several host-records. The PTR record of an address names the first name of its first host-record
(dnsmasq(8)). `address=/name/...` is not used, because it also answers for all names below the name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hostsdb.formats.dns import MAX_LINE, write_entries
from hostsdb.formats.record import Entry


def write(entries: Iterable[Entry]) -> Iterator[str]:
    """Write host-record options; see `write_entries`."""
    return write_entries(entries, _records)


def _records(address: str, names: list[str]) -> Iterator[str]:
    """Yield as many lines as needed so that none is longer than MAX_LINE."""
    line = "host-record"
    for name in names:
        # dnsmasq takes a number for a time to live. With the root dot it is a name.
        field = f"{name}." if name.isdigit() else name
        if len(line) + len(field) + len(address) + 2 > MAX_LINE:
            yield f"{line},{address}\n"
            line = "host-record"
        line += ("=" if line == "host-record" else ",") + field
    yield f"{line},{address}\n"
