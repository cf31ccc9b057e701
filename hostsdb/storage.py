"""Storage and AsyncStorage, the classes for applications. Each method runs one operation on one engine."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, closing, contextmanager
from typing import Self

from hostsdb.database.driver import run, run_async, run_on, run_on_async, sleep_async
from hostsdb.database.feed import PAGE, follow, follow_async
from hostsdb.database.methods import Asynchronous, Method, Synchronous, add_methods
from hostsdb.database.open import AsyncDatabase, Database
from hostsdb.database.standby import Reader
from hostsdb.model import Batch, StoredEvent
from hostsdb.operations import (
    bulk,
    consumers,
    events,
    finding,
    hosts,
    importing,
    projection,
    restore,
    snapshots,
    verifying,
)
from hostsdb.operations.steps import run as statement


class _Operations:
    """The methods that run one operation. `add_methods` adds them to both classes."""

    health_check = Method(projection.health_check)
    verify = Method(verifying.verify)

    append_event = Method(events.append_event)
    append_events = Method(events.append_events)
    append_batch = Method(events.append_batch)
    load_events = Method(events.load_events)
    get_current_version = Method(events.get_current_version)
    count_events = Method(events.count_events)
    events_since = Method(events.events_since)
    log_end = Method(events.log_end)
    list_consumers = Method(consumers.list_consumers)

    list_all = Method(projection.list_all, reads=True)
    map_all = Method(projection.map_all, reads=True)
    get_by_id = Method(projection.get_by_id, reads=True)
    find_by_ip_and_hostname = Method(projection.find_by_ip_and_hostname, reads=True)
    search = Method(projection.search, reads=True)
    count = Method(projection.count, reads=True)
    get_at_time = Method(projection.get_at_time, reads=True)
    find_hosts = Method(finding.find_hosts, reads=True)
    find_deleted_hosts = Method(finding.find_deleted_hosts)

    save_snapshot = Method(snapshots.save_snapshot)
    get_snapshot = Method(snapshots.get_snapshot)
    list_snapshots = Method(snapshots.list_snapshots)
    find_snapshots = Method(finding.find_snapshots)
    delete_snapshot = Method(snapshots.delete_snapshot)
    apply_retention_policy = Method(snapshots.apply_retention_policy)

    add_host = Method(hosts.add_host)
    update_host = Method(hosts.update_host)
    delete_host = Method(hosts.delete_host)
    create_snapshot = Method(snapshots.create_snapshot)
    restore_snapshot = Method(restore.restore_snapshot)
    import_hosts = Method(importing.import_hosts)
    plan_import = Method(importing.plan_import)
    update_hosts = Method(bulk.update_hosts)
    delete_hosts = Method(bulk.delete_hosts)
    plan_restore = Method(restore.plan_restore)
    list_tags = Method(projection.list_tags)


class Storage(_Operations, Synchronous):
    """The hosts of one database. Threads may share it. A `with` block closes it.

    Reads of the projection (list_all, map_all, get_by_id, find_by_ip_and_hostname, search, get_at_time) run on the
    standby, if there is one. With `read_after`, the position of a stored event, a read waits until the standby has
    that event. After the standby's `acquire_timeout` the primary answers.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reader = Reader(database, run, time.sleep)

    @property
    def backend_name(self) -> str:
        """The engine: `postgres`, `duckdb` or `sqlite`."""
        return self._database.url.dialect

    def initialize(self) -> list[str]:
        """Apply pending migrations. Return their ids.

        Raises:
            MigrationFailed: a migration failed, or the schema is newer than this hostsdb.
        """
        return self._database.initialize()

    def close(self) -> None:
        """Close every connection. The storage cannot be used afterwards."""
        self._database.close()

    def watch(self, after: int | None = None, *, timeout: float | None = None) -> Iterator[StoredEvent]:
        """Return an iterator over the events after a position. It waits for new events.

        Arguments:
            after: the position of the last known event; None: only new events.
            timeout: end the iteration after so many seconds without an event; None: never.
        Raises:
            ConnectionFailed: while iterating, the database was unreachable for `acquire_timeout`. Call `watch` again
                with the position of the last event.
        """
        position = run(self._database.engine, events.log_end) if after is None else after
        return self._watch(position, timeout)

    def _watch(self, position: int, timeout: float | None) -> Iterator[StoredEvent]:
        with closing(follow(self._database, position, timeout)) as pages:
            for page in pages:
                yield from page

    @contextmanager
    def consuming(self, name: str, *, limit: int = PAGE, timeout: float = 0) -> Iterator[Batch]:
        """Give a named consumer its next events, and move its position if the block ends without an error.

        The database stores the position. It moves in the transaction of `batch.connection`. So a write of the block on
        this connection is stored exactly once for each event, even after a crash. Consumers with the same name take
        turns.

        Arguments:
            name: the consumer's name. A new consumer begins with the first event of the log.
            limit: the maximum number of events.
            timeout: how long to wait if there is no event, in seconds.
        """
        if timeout > 0:
            position = run(self._database.engine, lambda: consumers.consumer_position(name))
            with closing(follow(self._database, position, timeout)) as pages:
                next(pages, None)
        with self._database.engine.connection() as connection:
            before, events_ = run_on(connection, consumers.begin_consuming(name, limit))
            try:
                yield Batch(events_, connection.raw)
                run_on(connection, consumers.end_consuming(name, before, events_))
            except BaseException:
                run_on(connection, statement("rollback"))
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class AsyncStorage(_Operations, Asynchronous):
    """The hosts of one database for asyncio: the methods of Storage as coroutines. Tasks may share it."""

    def __init__(self, database: AsyncDatabase) -> None:
        self._database = database
        self._reader = Reader(database, run_async, sleep_async)

    @property
    def backend_name(self) -> str:
        """The engine: `postgres`, `duckdb` or `sqlite`."""
        return self._database.url.dialect

    async def initialize(self) -> list[str]:
        """Apply pending migrations, as Storage.initialize does."""
        return await self._database.initialize()

    async def close(self) -> None:
        """Close every connection. The storage cannot be used afterwards."""
        await self._database.close()

    async def watch(
        self, after: int | None = None, *, timeout: float | None = None
    ) -> AsyncIterator[StoredEvent]:
        """Iterate over the events after a position, as Storage.watch does. None is read at the first step."""
        position = await run_async(self._database.engine, events.log_end) if after is None else after
        async with aclosing(follow_async(self._database, position, timeout)) as pages:
            async for page in pages:
                for envelope in page:
                    yield envelope

    @asynccontextmanager
    async def consuming(self, name: str, *, limit: int = PAGE, timeout: float = 0) -> AsyncIterator[Batch]:
        """Give a named consumer its next events, as Storage.consuming does.

        On SQLite and DuckDB `batch.connection` is synchronous: a call on it blocks the event loop.
        """
        if timeout > 0:
            position = await run_async(self._database.engine, lambda: consumers.consumer_position(name))
            async with aclosing(follow_async(self._database, position, timeout)) as pages:
                await anext(pages, None)
        async with self._database.engine.connection() as connection:
            before, events_ = await run_on_async(connection, consumers.begin_consuming(name, limit))
            try:
                yield Batch(events_, connection.raw)
                await run_on_async(connection, consumers.end_consuming(name, before, events_))
            except BaseException:
                await run_on_async(connection, statement("rollback"))
                raise

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()


add_methods(Storage, _Operations)
add_methods(AsyncStorage, _Operations)
