"""Databases with the migrations of the name server, and the records that they should have."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from ipaddress import ip_address
from typing import Any

import psycopg

from hostsdb import HostEntry, Storage
from hostsdb.names import canonical_hostname, canonical_or_none

Record = tuple[str, str, str]  # name, type, content
ZONES = ["lan", "sub.lan", "168.192.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"]
INSERT = (
    "INSERT INTO records (content, ttl, prio, type, domain_id, disabled, name, ordername, auth) "
    "VALUES (?, 300, 0, ?, ?, {false}, ?, NULL, {true})"
)


def with_dns(storage: Storage) -> None:
    """Apply the migrations of the name server. What templates() fills a database with."""
    storage._database.initialize(features=("dns",))


def with_zones(storage: Storage) -> None:
    """Apply the migrations and add the zones."""
    with_dns(storage)
    for zone in ZONES:
        storage.add_zone(zone, ["ns.lan"], "hostmaster@lan")


class NameServer:
    """A connection that does what PowerDNS does: its default queries, in transactions of its own."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite")
        self.names = "dns_names" if self.is_sqlite else "names"
        self.connection: Any
        if self.is_sqlite:
            self.connection = sqlite3.connect(
                url.removeprefix("sqlite:///"), isolation_level=None, timeout=20
            )
        else:
            self.connection = psycopg.connect(url, autocommit=True, options="-csearch_path=dns")

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement with parameters as `?`; return its rows."""
        if not self.is_sqlite:
            statement = statement.replace("?", "%s")
        cursor = self.connection.execute(statement, parameters)
        return list(cursor.fetchall()) if cursor.description else []

    def zone_id(self, name: str) -> int:
        """Return the id of the zone of a name: the longest that matches."""
        zones: dict[str, int] = dict(self.run("SELECT name, id FROM domains"))
        labels = name.split(".")
        return next(zones[zone] for n in range(len(labels)) if (zone := ".".join(labels[n:])) in zones)

    def records(self, kinds: Sequence[str] = ("A", "AAAA", "PTR")) -> list[Record]:
        """Return the records of these types in all zones, repeated ones too."""
        found = self.run("SELECT name, type, content FROM records WHERE type IS NOT NULL ORDER BY 1, 2, 3")
        return [record for record in found if record[1] in kinds]

    def empty_names(self) -> set[str]:
        """Return the names that only have names below them."""
        return {name for (name,) in self.run("SELECT name FROM records WHERE type IS NULL")}

    def add(self, name: str, kind: str, content: str) -> None:
        """Add a record, as PowerDNS does."""
        words = {"false": "0", "true": "1"} if self.is_sqlite else {"false": "FALSE", "true": "TRUE"}
        self.run(INSERT.format(**words), [content, kind, self.zone_id(name), name])

    def delete(self, name: str, kind: str) -> None:
        """Delete the records of a name and a type, as PowerDNS does."""
        self.run(
            "DELETE FROM records WHERE domain_id = ? AND name = ? AND type = ?",
            [self.zone_id(name), name, kind],
        )

    def replace(self, name: str, kind: str, contents: Sequence[str]) -> None:
        """Replace the records of a name and a type in one transaction, as PowerDNS does."""
        self.run("BEGIN")
        self.delete(name, kind)
        for content in contents:
            self.add(name, kind, content)
        self.run("COMMIT")

    def serial(self, zone: str = "lan") -> int:
        """Return the serial of a zone."""
        ((content,),) = self.run("SELECT content FROM records WHERE type = 'SOA' AND name = ?", [zone])
        return int(content.split()[2])

    def drift(self) -> list[tuple[Any, ...]]:
        """Return the rows in which the tables of names differ from their definitions."""
        tables = ["dns_names", "dns_parents"] if self.is_sqlite else ["names"]
        sides = [
            (f"SELECT * FROM {one}", f"SELECT * FROM {other}")
            for table in tables
            for one, other in ((table, f"{table}_current"), (f"{table}_current", table))
        ]
        if not self.is_sqlite:  # a network stays when its last host is deleted
            sides.append(("SELECT name, prefix FROM networks_current", "SELECT name, prefix FROM networks"))
        return [row for one, other in sides for row in self.run(f"{one} EXCEPT {other}")]


def served_by(url: str) -> Iterator[NameServer]:
    """Give a connection, and close it."""
    server = NameServer(url)
    with closing(server.connection):
        yield server


def expected_records(hosts: Sequence[HostEntry], zones: Sequence[str] = ZONES) -> list[Record]:
    """Return the A, AAAA and PTR records of hosts, computed without the database."""
    found: dict[Record, None] = {}
    pointers: set[str] = set()
    for host in sorted(hosts, key=lambda host: (host.priority, host.first_position)):
        try:
            address = ip_address(host.ip_address)
        except ValueError:
            continue
        if "%" in host.ip_address:
            continue
        kind = "A" if address.version == 4 else "AAAA"
        for name in (host.hostname, *host.aliases):
            if _is_served(name, zones):
                found[name, kind, host.ip_address] = None
        if _is_served(address.reverse_pointer, zones) and address.reverse_pointer not in pointers:
            pointers.add(address.reverse_pointer)
            found[address.reverse_pointer, "PTR", host.hostname] = None
    return sorted(found)


def expected_empty_names(records: Sequence[Record], zones: Sequence[str] = ZONES) -> set[str]:
    """Return the names between a zone and its records that have no record."""
    names = {name for name, _, _ in records}
    empty = set()
    for name in names:
        labels = name.split(".")
        for n in range(len(labels)):
            parent = ".".join(labels[n:])
            if parent in zones:
                break
            empty.add(parent)
    return empty - names


def _is_served(name: str, zones: Sequence[str]) -> bool:
    return canonical_or_none(canonical_hostname, name) is not None and any(
        f".{name}".endswith(f".{zone}") for zone in zones
    )
