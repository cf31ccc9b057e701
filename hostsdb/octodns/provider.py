"""The provider: records from hosts, and a plan for the hosts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from logging import Logger, getLogger
from typing import Any

from octodns.provider.base import BaseProvider
from octodns.provider.plan import Plan
from octodns.record import Record
from octodns.zone import Zone

from hostsdb.api import HostEntry, InvalidData, Storage, connect
from hostsdb.database.missing import refuse_missing_file
from hostsdb.formats.dns import values
from hostsdb.names import canonical_hostname
from hostsdb.octodns.rearranging import rearrange
from hostsdb.octodns.records import addresses, changed_pairs, is_in, pointers
from hostsdb.url import parse_url


class HostsdbProvider(BaseProvider):  # type: ignore[misc]  # octoDNS has no types
    """A database of hosts for octoDNS.

    Each hostname and each alias in the zone is an A or AAAA record. As a source it also lists PTR records in reverse
    zones. As a target it takes A and AAAA; the PTR records follow from them.

    Arguments:
        id: the name of the provider in octoDNS's configuration.
        url: the database, as in `hostsdb.connect`. It must have the schema.
        ttl: the time to live of all records, in seconds. hostsdb stores none, and ignores that of the source.
        created_by: who makes the changes, for the history.
        options: the arguments of octoDNS's BaseProvider, for example `strict_supports`.
    """

    SUPPORTS_GEO = False
    SUPPORTS = frozenset({"A", "AAAA"})

    def __init__(
        self,
        id: str,
        url: str | None = None,
        ttl: int = 3600,
        created_by: str = "octodns",
        *args: Any,
        **options: Any,
    ) -> None:
        self.log: Logger = getLogger(f"HostsdbProvider[{id}]")
        super().__init__(id, *args, **options)
        self._url, self._ttl, self._created_by = url, ttl, created_by

    def populate(self, zone: Zone, target: bool = False, lenient: bool = False) -> bool:
        """Add the records of the hosts to a zone.

        Arguments:
            zone: the zone.
            target: whether the zone is compared with the wanted records; then without PTR records.
            lenient: octoDNS only warns of records that it considers wrong.
        Returns:
            True: a database has no zones of its own, so each one exists.
        Raises:
            StorageError: the database cannot be read.
        """
        with self._storage() as storage:
            hosts = self._hosts(storage)
        records = addresses(hosts, zone) | ({} if target else pointers(hosts, zone))
        for (fqdn, type), texts in sorted(records.items()):
            data = {"type": type, "ttl": self._ttl, "values": texts}
            # The hostname of a PTR record may have no dot. octoDNS then warns of it.
            is_lenient = lenient or type == "PTR"
            name = zone.hostname_from_fqdn(fqdn)
            zone.add_record(Record.new(zone, name, data, source=self, lenient=is_lenient), lenient=lenient)
        self.log.info("populate: found %d records", len(records))
        return True

    def _hosts(self, storage: Storage) -> list[HostEntry]:
        """Return all hosts that DNS can carry, in canonical form and in the order of files for resolvers."""
        hosts = []
        for entry in storage.list_all():
            try:
                address, names = values(entry)
            except InvalidData as error:
                self.log.warning("host %s is left out: %s", entry.id, error)
                continue
            hosts.append(replace(entry, ip_address=address, hostname=names[0], aliases=tuple(names[1:])))
        return sorted(hosts, key=lambda host: (host.priority, host.first_position))

    def _process_desired_zone(self, desired: Zone) -> Zone:
        """Leave out the names that no host can have, and give each record the TTL of this provider."""
        for record in list(desired.records):
            if record._type not in self.SUPPORTS:
                continue  # the base class reports it
            try:
                canonical_hostname(record.fqdn)
            except InvalidData as error:
                self.supports_warn_or_except(str(error), "omitting record")
                desired.remove_record(record)
                continue
            if record.ttl != self._ttl:
                copy = record.copy()
                copy.ttl = self._ttl
                desired.add_record(copy, replace=True, lenient=True)
        return super()._process_desired_zone(desired)

    def _apply(self, plan: Plan) -> None:
        """Change the hosts, all or none.

        Raises:
            StorageError: the hosts cannot be changed; nothing is stored.
        """
        removed, added = changed_pairs(plan)
        by = self._created_by
        with self._storage() as opened, opened.transaction() as storage:
            wanted = rearrange(self._hosts(storage), removed, added, lambda name: is_in(plan.desired, name))
            storage.delete_hosts(wanted.deleted, created_by=by)
            for host, fields in wanted.updated:
                storage.update_host(host.id, expected_version=host.event_version, created_by=by, **fields)
            storage.add_hosts(wanted.added, created_by=by)

    @contextmanager
    def _storage(self) -> Iterator[Storage]:
        """Open the database. It is never created: an empty source would delete all records of the targets."""
        refuse_missing_file(parse_url(self._url))
        with connect(self._url, initialize=False) as storage:
            storage.health_check()
            yield storage
