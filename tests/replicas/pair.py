"""What the tests of reads on a standby share: its primary and it, the reads, and a standby that stands still."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hostsdb import HostCreated, HostFilter, NotFound, Storage
from tests.support.postgres_process import PostgresProcess
from tests.support.postgres_standby import PostgresStandby

FUTURE = datetime(2999, 1, 1, tzinfo=UTC)
READS: dict[str, Callable[..., Any]] = {
    "list_all": lambda storage, **more: storage.list_all(**more),
    "search": lambda storage, **more: storage.search(HostFilter(hostname_pattern="h"), **more),
    "get_at_time": lambda storage, **more: storage.get_at_time(FUTURE, **more),
    "map_at_time": lambda storage, **more: storage.map_at_time(FUTURE, lambda host: host, **more),
    "find": lambda storage, **more: [
        e for e in [storage.find_by_ip_and_hostname("10.0.0.1", "h", **more)] if e
    ],
    "get_by_id": lambda storage, **more: by_id(storage, **more),
}


def by_id(storage: Storage, **more: Any) -> list[Any]:
    try:
        return [storage.get_by_id("H", **more)]
    except NotFound:
        return []


class Pair(NamedTuple):
    """Two servers, and an empty database with the schema on them."""

    primary: PostgresProcess
    standby: PostgresStandby

    @property
    def url(self) -> str:
        return self.primary.url

    def read_url(self, retry_timeout: float) -> str:
        """Return the standby's URL, with so many seconds to wait for it."""
        return f"{self.standby.url}?acquire_timeout={retry_timeout}"


@contextmanager
def paused(standby: PostgresStandby) -> Iterator[None]:
    standby.pause()
    try:
        yield
    finally:
        standby.resume()


def add(storage: Storage) -> int:
    """Add the host that READS look for, on the primary; return the event's position."""
    position = storage.append_event("H", HostCreated("10.0.0.1", "h")).position
    assert position is not None
    return position


def ids(entries: list[Any]) -> list[str]:
    return [entry.id for entry in entries]
