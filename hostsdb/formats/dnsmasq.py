"""A configuration file for dnsmasq. Name it in `conf-file=`, or put it into the folder of `conf-dir`.

`host-record=<name>[,<name>...],<address>` adds an A or AAAA record for each name, and one PTR record for the address. A
name may be in several host-records. The PTR record of an address names the first name of its first host-record
(dnsmasq(8)). `address=/name/...` is not used, because it also answers for all names below the name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from hostsdb.errors import InvalidData, escaped
from hostsdb.formats.dns import MAX_LINE, Hosts, read_options, write_entries
from hostsdb.formats.record import BadLine, Entry, HostRecord, Record, line_record
from hostsdb.names import canonical_hostname, canonical_ip

# The beginning of a file: comments, then an option that has a host.
BEGINNING = re.compile(rb"(?:[ \t\r]*(?:#[^\n]*)?\n)*[ \t]*(?:host-record|address|cname)[ \t]*=")


def read(pieces: Iterator[bytes]) -> Iterator[Record]:
    """Read the options host-record, address and cname; see `read_options`.

    The names of a cname become aliases of the hosts that have its target. Their addresses are kept in memory for it.
    """
    cnames: list[tuple[int, list[str]]] = []
    known: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)

    def hosts(number: int, line: str) -> Hosts:
        option, _, value = line.partition("=")
        if option.strip() == "cname":
            cnames.append((number, _without_ttl(value)))
            return []
        return _hosts(option.strip(), value)

    for record in read_options(pieces, hosts):
        if isinstance(record, HostRecord):
            for name in (record.hostname, *record.aliases):
                known[name].append((record.ip_address, record.hostname))
        yield record
    for number, names in cnames:
        yield from _aliases(number, names, known)


def _hosts(option: str, value: str) -> Hosts:
    if option == "address":
        _, *names, address = value.strip().split("/") if "/" in value else ("", "")
        return [(address, names)]
    if option != "host-record":
        raise InvalidData("only host-record, address and cname have hosts")
    fields = _without_ttl(value)
    addresses = [field for field in fields if _is_address(field)]
    if not addresses:
        raise InvalidData("it has no address")
    return [(address, [field for field in fields if not _is_address(field)]) for address in addresses]


def _without_ttl(value: str) -> list[str]:
    fields = [field.strip() for field in value.split(",")]
    return fields[:-1] if fields[-1].isdigit() else fields


def _is_address(text: str) -> bool:
    try:
        canonical_ip(text)
    except InvalidData:
        return False
    return True


def _aliases(
    number: int, names: list[str], known: dict[str, list[tuple[str, str]]]
) -> Iterator[HostRecord | BadLine]:
    *aliases, target = names
    try:
        hosts = known.get(canonical_hostname(target))
        if not hosts:
            raise InvalidData(f'no host-record in this file has the name "{escaped(target)}"')
        for address, hostname in hosts:
            yield line_record(number, address, [hostname, *aliases])
    except InvalidData as error:
        yield BadLine(number, escaped(f"cname={','.join(names)}"), str(error))


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
