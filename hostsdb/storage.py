"""Storage and AsyncStorage, the classes for applications. Each method runs one operation on one engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    aclosing,
    asynccontextmanager,
    closing,
    contextmanager,
)
from typing import Any, Final, Self, cast

from hostsdb.database.consuming import consuming, consuming_async
from hostsdb.database.driver import run, run_async, sleep, sleep_async
from hostsdb.database.feed import PAGE, follow, follow_async, follow_state, follow_state_async
from hostsdb.database.methods import Asynchronous, Method, Synchronous, add_methods
from hostsdb.database.open import (
    AsyncDatabase,
    Database,
    caller_connection,
    caller_connection_async,
)
from hostsdb.database.standby import Reader
from hostsdb.database.transaction import AsyncTransaction, Transaction, transaction, transaction_async
from hostsdb.model import Batch, PoolStats, StoredEvent
from hostsdb.operations import (
    bulk,
    consumers,
    erasing,
    events,
    finding,
    hosts,
    importing,
    projection,
    proving,
    restore,
    snapshots,
    state,
    verifying,
    zones,
)
from hostsdb.operations.matching import EventFilter, event_filter


class _Operations:
    """The methods that run one operation. `add_methods` adds them to both classes."""

    health_check: Final = Method(projection.health_check)
    verify: Final = Method(verifying.verify)
    checkpoint: Final = Method(proving.checkpoint)
    prove_event: Final = Method(proving.prove_event)

    append_event: Final = Method(events.append_event, appends=True)
    append_events: Final = Method(events.append_events, appends=True)
    append_batch: Final = Method(events.append_batch, appends=True)
    load_events: Final = Method(events.load_events)
    get_current_version: Final = Method(events.get_current_version)
    count_events: Final = Method(events.count_events)
    events_since: Final = Method(events.events_since)
    log_end: Final = Method(events.log_end)
    state_token: Final = Method(state.state_token, reads=True)
    last_change: Final = Method(state.last_change, reads=True)
    list_consumers: Final = Method(consumers.list_consumers)
    reset_consumer: Final = Method(consumers.reset_consumer)
    remove_consumer: Final = Method(consumers.remove_consumer)

    list_all: Final = Method(projection.list_all, reads=True)
    map_all: Final = Method(projection.map_all, reads=True)
    get_by_id: Final = Method(projection.get_by_id, reads=True)
    find_by_ip_and_hostname: Final = Method(projection.find_by_ip_and_hostname, reads=True)
    search: Final = Method(projection.search, reads=True)
    count: Final = Method(projection.count, reads=True)
    get_at_time: Final = Method(projection.get_at_time, reads=True)
    find_hosts: Final = Method(finding.find_hosts, reads=True)
    find_deleted_hosts: Final = Method(finding.find_deleted_hosts)

    save_snapshot: Final = Method(snapshots.save_snapshot)
    get_snapshot: Final = Method(snapshots.get_snapshot)
    list_snapshots: Final = Method(snapshots.list_snapshots)
    find_snapshots: Final = Method(finding.find_snapshots)
    delete_snapshot: Final = Method(snapshots.delete_snapshot)
    apply_retention_policy: Final = Method(snapshots.apply_retention_policy)

    add_host: Final = Method(hosts.add_host, appends=True)
    update_host: Final = Method(hosts.update_host)
    delete_host: Final = Method(hosts.delete_host)
    erase_host: Final = Method(erasing.erase_host)
    list_erasures: Final = Method(erasing.list_erasures)
    create_snapshot: Final = Method(snapshots.create_snapshot)
    restore_snapshot: Final = Method(restore.restore_snapshot)
    import_hosts: Final = Method(importing.import_hosts)
    plan_import: Final = Method(importing.plan_import)
    add_hosts: Final = Method(bulk.add_hosts, appends=True)
    update_hosts: Final = Method(bulk.update_hosts)
    delete_hosts: Final = Method(bulk.delete_hosts)
    plan_restore: Final = Method(restore.plan_restore)
    list_tags: Final = Method(projection.list_tags)

    list_zones: Final = Method(zones.list_zones)
    add_zone: Final = Method(zones.add_zone)
    remove_zone: Final = Method(zones.remove_zone)


class Storage(_Operations, Synchronous):
    """The hosts of one database. Threads may share it. A `with` block closes it.

    Reads of the projection (list_all, map_all, get_by_id, find_by_ip_and_hostname, find_hosts, search, get_at_time) run
    on the standby, if there is one. With `read_after`, the position of a stored event, a read waits until the standby
    has that event. After the standby's `acquire_timeout` the primary answers.
    """

    def __init__(self, database: Database | Transaction) -> None:
        self._database = cast(
            Database, database
        )  # what a transaction does not have is called after `outside`
        if database.standby is not None:
            self._reader = Reader(database, run, sleep)

    @property
    def backend_name(self) -> str:
        """The engine: `postgres`, `duckdb` or `sqlite`."""
        return self._database.url.dialect

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.backend_name} {self._database.url.place}>"

    def pool_stats(self) -> PoolStats:
        """Return the numbers of connections now: the maximum, open, idle, and how many callers wait for one."""
        return self._database.pool_stats()

    def initialize(self) -> list[str]:
        """Apply pending migrations. Return their ids.

        Raises:
            MigrationFailed: a migration failed, or the schema is newer than this hostsdb.
        """
        return self._database.outside("initialize").initialize()

    def close(self) -> None:
        """Close every connection. The storage cannot be used afterwards."""
        self._database.outside("close").close()

    def watch(
        self,
        after: int | None = None,
        *,
        timeout: float | None = None,
        aggregate_id: str | None = None,
        event_types: Iterable[str] | None = None,
        tags: Iterable[str] | None = None,
    ) -> Iterator[StoredEvent]:
        """Return an iterator over the events after a position. It waits for new events.

        Arguments:
            after: the position of the last known event; None: only new events.
            timeout: end the iteration after so many seconds without an event; None: never.
            aggregate_id, event_types, tags: only matching events, as in `events_since`.
        Raises:
            ConnectionFailed: while iterating, the database was unreachable for `acquire_timeout`. Call `watch` again
                with the position of the last event.

        If a backup was restored, or a failover lost events, this is logged as a warning. The iterator continues with
        the events that come after those which it has yielded and which still exist.
        """
        database = self._database.outside("watch")
        wanted = event_filter(aggregate_id, event_types, tags)
        position = database.run(events.log_end) if after is None else after
        return _watched(database, position, timeout, wanted)

    def watch_state(self, after: str | None = None, *, timeout: float | None = None) -> Iterator[str]:
        """Return an iterator that yields a state token whenever the hosts have changed; see `state_token`.

        Several commits may be one change. Read the hosts after each token. An open transaction delays no token.

        Arguments:
            after: the token of the state that the caller knows; None: the current state is yielded at once.
            timeout: end the iteration after so many seconds without a change; None: never.
        Raises:
            InvalidData: `after` is not a token.
            ConnectionFailed: while iterating, as `watch`. Call `watch_state` again with the last token.
        """
        return follow_state(self._database.outside("watch_state"), after, timeout)

    def consuming(
        self,
        name: str,
        *,
        limit: int = PAGE,
        timeout: float = 0,
        start: consumers.Start = "beginning",
        aggregate_id: str | None = None,
        event_types: Iterable[str] | None = None,
        tags: Iterable[str] | None = None,
    ) -> AbstractContextManager[Batch]:
        """Give a named consumer its next events, and move its position if the block ends without an error.

        The database stores the position. It moves in the transaction of `batch.connection`. So a write of the block on
        this connection is stored exactly once for each event, even after a crash. Consumers with the same name take
        turns.

        Arguments:
            name: the consumer's name.
            limit: the maximum number of events.
            timeout: how long to wait for an event if there is none, in seconds; and how long to wait for the turn.
                With 0 it does not wait for an event, and waits 30 seconds for the turn.
            start: where a new consumer begins: `beginning`, with the first event of the log, or `end`, with the first
                event after this call.
            aggregate_id, event_types, tags: only matching events, as in `events_since`. The position also moves past
                the others: give one consumer the same filter each time.
        Returns:
            a context manager for the batch, which is empty if there is no event within `timeout`.
        Raises:
            QueryFailed: another consumer with this name did not end its turn in time; or the block has ended the
                transaction, or ignored an error in it. The position did not move.
            ConnectionFailed: the connection was lost in the block. The position did not move.
        """
        wanted = event_filter(aggregate_id, event_types, tags)
        return consuming(self._database.outside("consuming"), name, limit, timeout, start, wanted)

    @contextmanager
    def transaction(self) -> Iterator[Storage]:
        """Give a storage whose calls are one transaction. It commits at the end of the block, or rolls back on error.

        A refused call that the block catches stores nothing, and the others are stored. On DuckDB, which has no
        savepoints, a call that is refused after it has begun to write makes the end of the block raise. Nothing is
        retried. `watch`, `consuming`, `initialize`, `close` and another `transaction` cannot be used in the block.

        Raises:
            TransientError: another transaction was in the way (a QueryFailed). Nothing is stored: run the block again.
            ConnectionFailed: the connection was lost, or the server refuses to write. Nothing is stored, unless the
                message says that the outcome of the commit is unknown. Run the block again: it waits for a server that
                accepts writes.
            QueryFailed: on DuckDB, a call of the block was refused.
        """
        with transaction(self._database.outside("transaction")) as inside:
            yield Storage(inside)

    def within(self, connection: Any) -> Storage:
        """Return a storage whose calls run on a connection of the caller's own, in the caller's open transaction.

        hostsdb neither commits nor rolls back, and changes settings of the connection for its own statements only. A
        refused call leaves the transaction usable; on DuckDB it may abort the transaction. Otherwise as `transaction`.

        Arguments:
            connection: of psycopg, sqlite3 or duckdb, to a database with the schema of hostsdb.
        Raises:
            TypeError: it is not a connection of this engine's driver.
        """
        database = self._database.outside("within")
        return Storage(Transaction(database.url, caller_connection(database.url, connection), callers=True))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if isinstance(self._database, Database):
            self.close()


def _watched(
    database: Database, position: int, timeout: float | None, wanted: EventFilter
) -> Iterator[StoredEvent]:
    with closing(follow(database, position, timeout, wanted)) as pages:
        for page in pages:
            yield from page


class AsyncStorage(_Operations, Asynchronous):
    """The hosts of one database for asyncio: the methods of Storage as coroutines. Tasks may share it."""

    def __init__(self, database: AsyncDatabase | AsyncTransaction) -> None:
        self._database = cast(AsyncDatabase, database)
        if database.standby is not None:
            self._reader = Reader(database, run_async, sleep_async)

    @property
    def backend_name(self) -> str:
        """The engine: `postgres`, `duckdb` or `sqlite`."""
        return self._database.url.dialect

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.backend_name} {self._database.url.place}>"

    async def pool_stats(self) -> PoolStats:
        """Return the numbers of connections, as Storage.pool_stats does."""
        return self._database.engine.pool_stats()

    async def initialize(self) -> list[str]:
        """Apply pending migrations, as Storage.initialize does."""
        return await self._database.outside("initialize").initialize()

    async def close(self) -> None:
        """Close every connection. The storage cannot be used afterwards."""
        await self._database.outside("close").close()

    async def watch(
        self,
        after: int | None = None,
        *,
        timeout: float | None = None,
        aggregate_id: str | None = None,
        event_types: Iterable[str] | None = None,
        tags: Iterable[str] | None = None,
    ) -> AsyncIterator[StoredEvent]:
        """Iterate over the events after a position, as Storage.watch does. None is read at the first step."""
        wanted = event_filter(aggregate_id, event_types, tags)
        database = self._database.outside("watch")
        position = await database.run(events.log_end) if after is None else after
        async with aclosing(follow_async(database, position, timeout, wanted)) as pages:
            async for page in pages:
                for envelope in page:
                    yield envelope

    async def watch_state(
        self, after: str | None = None, *, timeout: float | None = None
    ) -> AsyncIterator[str]:
        """Iterate over the states of the hosts, as Storage.watch_state does."""
        database = self._database.outside("watch_state")
        async with aclosing(follow_state_async(database, after, timeout)) as tokens:
            async for token in tokens:
                yield token

    def consuming(
        self,
        name: str,
        *,
        limit: int = PAGE,
        timeout: float = 0,
        start: consumers.Start = "beginning",
        aggregate_id: str | None = None,
        event_types: Iterable[str] | None = None,
        tags: Iterable[str] | None = None,
    ) -> AbstractAsyncContextManager[Batch]:
        """Give a named consumer its next events, as Storage.consuming does.

        On SQLite and DuckDB `batch.connection` is synchronous: a call on it blocks the event loop.
        """
        wanted = event_filter(aggregate_id, event_types, tags)
        return consuming_async(self._database.outside("consuming"), name, limit, timeout, start, wanted)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncStorage]:
        """Give a storage whose calls are one transaction, as Storage.transaction does."""
        async with transaction_async(self._database.outside("transaction")) as inside:
            yield AsyncStorage(inside)

    def within(self, connection: Any) -> AsyncStorage:
        """Return a storage on a connection of the caller's own, as Storage.within does.

        Arguments:
            connection: a psycopg.AsyncConnection. The drivers of SQLite and DuckDB have no asyncio.
        """
        database = self._database.outside("within")
        return AsyncStorage(
            AsyncTransaction(database.url, caller_connection_async(database.url, connection), callers=True)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        if isinstance(self._database, AsyncDatabase):
            await self.close()


add_methods(Storage, _Operations)
add_methods(AsyncStorage, _Operations)
