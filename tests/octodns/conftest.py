"""A provider on each engine, and zones as a source would fill them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from octodns.record import Record
from octodns.zone import Zone

import hostsdb
from hostsdb import HostEvent, Storage
from hostsdb.octodns import HostsdbProvider

Records = dict[tuple[str, str], list[str]]


def zone_of(records: Records, name: str = "lan.", ttl: int = 3600, sub_zones: tuple[str, ...] = ()) -> Zone:
    """Return a zone with records. Their names have no zone: `("nas", "A")`."""
    zone = Zone(name, list(sub_zones))
    for (owner, type), values in records.items():
        data = {"type": type, "ttl": ttl, "values": values}
        zone.add_record(Record.new(zone, owner, data, lenient=True), lenient=True)
    return zone


def records_of(zone: Zone) -> Records:
    return {(record.name, record._type): list(record.values) for record in zone.records}


@dataclass
class Target:
    """A database as the target, with its own connection to look at it."""

    url: str
    storage: Storage

    def provider(self, **options: Any) -> HostsdbProvider:
        return HostsdbProvider("hosts", self.url, **options)

    def read(self, name: str = "lan.", *, target: bool = False, sub_zones: tuple[str, ...] = ()) -> Records:
        zone = Zone(name, list(sub_zones))
        self.provider().populate(zone, target=target)
        return records_of(zone)

    def sync(self, zone: Zone, **options: Any) -> list[HostEvent]:
        """Plan and apply. Return the new events. A second plan has no changes."""
        provider, end = self.provider(**options), self.storage.log_end()
        plan = provider.plan(zone)
        assert plan is not None
        provider.apply(plan)
        assert provider.plan(zone) is None
        return [stored.event for stored in self.storage.events_since(end)]

    def hosts(self) -> list[tuple[str, ...]]:
        return [(host.ip_address, host.hostname, *host.aliases) for host in self.storage.list_all()]


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    yield from _opened(request.getfixturevalue(f"current_{request.param}_url"))


@pytest.fixture
def sqlite_target(current_sqlite_url: str) -> Iterator[Target]:
    yield from _opened(current_sqlite_url)


def _opened(url: str) -> Iterator[Target]:
    with hostsdb.connect(url) as storage:
        yield Target(url, storage)
