"""Storage, the class for threads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any, Self, cast

from hostsdb.database.consuming import consuming
from hostsdb.database.driver import run, sleep
from hostsdb.database.feed import PAGE, follow, follow_state
from hostsdb.database.methods import Synchronous, add_methods
from hostsdb.database.open import Database, caller_connection
from hostsdb.database.standby import Reader
from hostsdb.database.transaction import Transaction, transaction
from hostsdb.model import Batch, PoolStats, StoredEvent
from hostsdb.operations import consumers, events
from hostsdb.operations.matching import EventFilter, event_filter
from hostsdb.storage.operations import Operations


class Storage(Operations, Synchronous):
    """The hosts of one database. Threads may share it. A `with` block closes it.

    Reads of the projection (list_all, map_all, get_by_id, find_by_ip_and_hostname, find_hosts, search, count,
    get_at_time, map_at_time) run on the standby, if there is one. With `read_after`, the position of a stored event, a
    read waits until the standby has that event. After the standby's `acquire_timeout` the primary answers.
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


add_methods(Storage, Operations)
