"""AsyncStorage, the class for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Any, Self, cast

from hostsdb.database.consuming import consuming_async
from hostsdb.database.driver import run_async, sleep_async
from hostsdb.database.feed import PAGE, follow_async, follow_state_async
from hostsdb.database.methods import Asynchronous, add_methods
from hostsdb.database.open import AsyncDatabase, caller_connection_async
from hostsdb.database.standby import Reader
from hostsdb.database.transaction import AsyncTransaction, transaction_async
from hostsdb.model import Batch, PoolStats, StoredEvent
from hostsdb.operations import consumers, events
from hostsdb.operations.matching import event_filter
from hostsdb.storage.operations import Operations


class AsyncStorage(Operations, Asynchronous):
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


add_methods(AsyncStorage, Operations)
