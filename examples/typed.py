"""Every result has a type. `make lint` checks this file with mypy --strict; it also runs as it is."""

import asyncio
from collections.abc import Awaitable

import hostsdb


def add_and_read(storage: hostsdb.Storage) -> list[str]:
    """Return the names of the hosts of one network."""
    nas: hostsdb.HostEntry = storage.add_host("192.168.1.10", "nas.lan", tags=["storage"])
    changed: hostsdb.HostEntry = storage.update_host(nas.id, comment="disks")
    events: list[hostsdb.StoredEvent] = storage.load_events(changed.id)
    position: int = events[-1].position
    found: hostsdb.HostEntry | None = storage.find_by_ip_and_hostname("192.168.1.10", "NAS.lan")
    assert found == changed and position > 0 and storage.count() == 1
    page: list[hostsdb.HostEntry] = storage.search(hostsdb.HostFilter(ip_prefix="192.168."), limit=10)
    return [host.hostname for host in page]


async def read(storage: hostsdb.AsyncStorage) -> list[hostsdb.HostEntry]:
    """Return all hosts. A method of AsyncStorage returns a coroutine of the same result."""
    reading: Awaitable[list[hostsdb.HostEntry]] = storage.list_all()
    return await reading


async def main() -> None:
    """Show both call styles."""
    with hostsdb.connect("sqlite://:memory:") as storage:
        assert add_and_read(storage) == ["nas.lan"]
    async with await hostsdb.connect_async("sqlite://:memory:") as other:
        assert await read(other) == []


asyncio.run(main())
