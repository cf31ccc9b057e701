"""Storage and AsyncStorage: what applications hold. Each method is one operation, run on one engine."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Iterator
from contextlib import aclosing, asynccontextmanager, closing, contextmanager
from functools import partial, wraps
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from hostsdb.connecting import AsyncDatabase, Database
from hostsdb.driver import run, run_async, run_on, run_on_async
from hostsdb.following import PAGE, follow, follow_async
from hostsdb.model import Batch, EventEnvelope
from hostsdb.operations import (
    bulk,
    copying,
    events,
    following,
    hosts,
    importing,
    lifecycle,
    projection,
    restore,
    snapshots,
    verifying,
)
from hostsdb.operations.steps import Operation
from hostsdb.operations.steps import run as statement
from hostsdb.reading import AsyncReader, Reader

P = ParamSpec("P")
T = TypeVar("T")


def _method(operation: Callable[P, Operation[T]]) -> Callable[Concatenate[Storage, P], T]:
    @wraps(operation)
    def method(self: Storage, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return run(self._database.engine, _repeatable(operation, args, kwargs))

    method.__signature__ = _signature(operation)  # type: ignore[attr-defined]
    return method


def _async_method(
    operation: Callable[P, Operation[T]],
) -> Callable[Concatenate[AsyncStorage, P], Coroutine[Any, Any, T]]:
    @wraps(operation)
    async def method(self: AsyncStorage, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await run_async(self._database.engine, _repeatable(operation, args, kwargs))

    method.__signature__ = _signature(operation)  # type: ignore[attr-defined]
    return method


# What reads its argument as a stream, and is therefore run once.
_STREAMING: set[Callable[..., Any]] = {importing.import_hosts, importing.plan_import}


def _repeatable(
    operation: Callable[..., Operation[T]], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Callable[[], Operation[T]]:
    """Return an operation with its arguments, which a second try finds as the first did."""
    if operation in _STREAMING:
        return partial(operation, *args, **kwargs)
    return partial(operation, *map(_held, args), **{name: _held(value) for name, value in kwargs.items()})


def _held(argument: Any) -> Any:
    """Return an argument with what can be read once, at whatever depth, as a list."""
    if isinstance(argument, Iterator | list | tuple):
        return [_held(item) for item in argument]
    return argument


def _read(operation: Callable[P, Operation[T]]) -> Callable[Concatenate[Storage, P], T]:
    @wraps(operation)
    def method(self: Storage, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._reader.read(partial(operation, *args, **kwargs))

    method.__signature__ = _signature(operation)  # type: ignore[attr-defined]
    return method


def _async_read(
    operation: Callable[P, Operation[T]],
) -> Callable[Concatenate[AsyncStorage, P], Coroutine[Any, Any, T]]:
    @wraps(operation)
    async def method(self: AsyncStorage, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._reader.read(partial(operation, *args, **kwargs))

    method.__signature__ = _signature(operation)  # type: ignore[attr-defined]
    return method


def _signature(operation: Callable[..., Any]) -> inspect.Signature:
    """Return the operation's signature as a method that returns what the operation does."""
    signature = inspect.signature(operation)
    itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    result = str(signature.return_annotation).removeprefix("Operation[").removesuffix("]")
    return signature.replace(parameters=[itself, *signature.parameters.values()], return_annotation=result)


class Storage:
    """The hosts of one database. Threads may share it. Closes itself at the end of a `with` block.

    The projection's reads (list_all, map_all, get_by_id, find_by_ip_and_hostname, search, get_at_time) go to the
    standby where there is one. With `read_after`, the position of a stored event, such a read waits until the standby
    shows that event, but no longer than the standby's `acquire_timeout`: then the primary answers.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reader = Reader(database)

    @property
    def backend_name(self) -> str:
        """The engine: `postgres`, `duckdb` or `sqlite`."""
        return self._database.url.dialect

    def initialize(self) -> list[str]:
        """Bring the schema up to date; return the ids of the migrations that were applied now.

        Raises:
            MigrationFailed: it could not be brought up to date, or is newer than this hostsdb.
        """
        return self._database.initialize()

    def close(self) -> None:
        """Give back every connection. The storage cannot be used any more."""
        self._database.close()

    def watch(self, after: int | None = None, *, timeout: float | None = None) -> Iterator[EventEnvelope]:
        """Return an iterator over the events after a position, which waits for new ones.

        Arguments:
            after: the position of the last event that the caller has; None: only events that are still to come.
            timeout: for how long nothing may come until the iteration ends, in seconds; None: for ever.
        Raises:
            ConnectionFailed: while iterating, the database was not to be reached within `acquire_timeout`; go on with
                a new one after the last event's position.
        """
        position = run(self._database.engine, copying.log_end) if after is None else after
        return self._watch(position, timeout)

    def _watch(self, position: int, timeout: float | None) -> Iterator[EventEnvelope]:
        with closing(self._pages(position, timeout)) as pages:
            for page in pages:
                yield from page

    def _pages(self, position: int, timeout: float | None) -> Generator[list[EventEnvelope]]:
        return follow(self._database.engine, self._database.waker, position, timeout)

    @contextmanager
    def consuming(self, name: str, *, limit: int = PAGE, timeout: float = 0) -> Iterator[Batch]:
        """Give a named consumer its next events, and move its position when the block ends without an error.

        The position is kept in the database and moves in the transaction of `batch.connection`, so that what the block
        writes there happens once for each event, whatever is killed. Consumers of one name take turns.

        Arguments:
            name: the consumer's; a new one begins with the first event of the log.
            limit: at most so many events.
            timeout: for how long to wait for an event where there is none, in seconds.
        """
        if timeout > 0:
            position = run(self._database.engine, lambda: following.consumer_position(name))
            with closing(self._pages(position, timeout)) as pages:
                next(pages, None)
        with self._database.engine.connection() as connection:
            before, events_ = run_on(connection, following.begin_consuming(name, limit))
            try:
                yield Batch(events_, connection.raw)
                run_on(connection, following.end_consuming(name, before, events_))
            except BaseException:
                run_on(connection, statement("rollback"))
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    health_check = _method(lifecycle.health_check)
    verify = _method(verifying.verify)

    append_event = _method(events.append_event)
    append_events = _method(events.append_events)
    append_batch = _method(events.append_batch)
    load_events = _method(events.load_events)
    get_current_version = _method(events.get_current_version)
    count_events = _method(events.count_events)
    events_since = _method(events.events_since)
    log_end = _method(copying.log_end)
    list_consumers = _method(following.list_consumers)

    list_all = _read(projection.list_all)
    map_all = _read(projection.map_all)
    get_by_id = _read(projection.get_by_id)
    find_by_ip_and_hostname = _read(projection.find_by_ip_and_hostname)
    search = _read(projection.search)
    get_at_time = _read(projection.get_at_time)

    save_snapshot = _method(snapshots.save_snapshot)
    get_snapshot = _method(snapshots.get_snapshot)
    list_snapshots = _method(snapshots.list_snapshots)
    delete_snapshot = _method(snapshots.delete_snapshot)
    apply_retention_policy = _method(snapshots.apply_retention_policy)

    add_host = _method(hosts.add_host)
    update_host = _method(hosts.update_host)
    delete_host = _method(hosts.delete_host)
    create_snapshot = _method(snapshots.create_snapshot)
    restore_snapshot = _method(restore.restore_snapshot)
    import_hosts = _method(importing.import_hosts)
    plan_import = _method(importing.plan_import)
    update_hosts = _method(bulk.update_hosts)
    plan_restore = _method(restore.plan_restore)
    list_tags = _method(bulk.list_tags)


class AsyncStorage:
    """The hosts of one database, for asyncio: every method of Storage, awaited. Tasks may share it."""

    def __init__(self, database: AsyncDatabase) -> None:
        self._database = database
        self._reader = AsyncReader(database)

    @property
    def backend_name(self) -> str:
        """The engine: `postgres`, `duckdb` or `sqlite`."""
        return self._database.url.dialect

    async def initialize(self) -> list[str]:
        """Bring the schema up to date, as Storage.initialize does."""
        return await self._database.initialize()

    async def close(self) -> None:
        """Give back every connection. The storage cannot be used any more."""
        await self._database.close()

    async def watch(
        self, after: int | None = None, *, timeout: float | None = None
    ) -> AsyncIterator[EventEnvelope]:
        """Iterate over the events after a position, as Storage.watch does; None is taken at the first step."""
        position = await run_async(self._database.engine, copying.log_end) if after is None else after
        async with aclosing(self._pages(position, timeout)) as pages:
            async for page in pages:
                for envelope in page:
                    yield envelope

    def _pages(self, position: int, timeout: float | None) -> AsyncGenerator[list[EventEnvelope]]:
        return follow_async(self._database.engine, self._database.waker, position, timeout)

    @asynccontextmanager
    async def consuming(self, name: str, *, limit: int = PAGE, timeout: float = 0) -> AsyncIterator[Batch]:
        """Give a named consumer its next events, as Storage.consuming does.

        On SQLite and DuckDB the batch's connection is the driver's own too, so a call on it holds up the event loop.
        """
        if timeout > 0:
            position = await run_async(self._database.engine, lambda: following.consumer_position(name))
            async with aclosing(self._pages(position, timeout)) as pages:
                await anext(pages, None)
        async with self._database.engine.connection() as connection:
            before, events_ = await run_on_async(connection, following.begin_consuming(name, limit))
            try:
                yield Batch(events_, connection.raw)
                await run_on_async(connection, following.end_consuming(name, before, events_))
            except BaseException:
                await run_on_async(connection, statement("rollback"))
                raise

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    health_check = _async_method(lifecycle.health_check)
    verify = _async_method(verifying.verify)

    append_event = _async_method(events.append_event)
    append_events = _async_method(events.append_events)
    append_batch = _async_method(events.append_batch)
    load_events = _async_method(events.load_events)
    get_current_version = _async_method(events.get_current_version)
    count_events = _async_method(events.count_events)
    events_since = _async_method(events.events_since)
    log_end = _async_method(copying.log_end)
    list_consumers = _async_method(following.list_consumers)

    list_all = _async_read(projection.list_all)
    map_all = _async_read(projection.map_all)
    get_by_id = _async_read(projection.get_by_id)
    find_by_ip_and_hostname = _async_read(projection.find_by_ip_and_hostname)
    search = _async_read(projection.search)
    get_at_time = _async_read(projection.get_at_time)

    save_snapshot = _async_method(snapshots.save_snapshot)
    get_snapshot = _async_method(snapshots.get_snapshot)
    list_snapshots = _async_method(snapshots.list_snapshots)
    delete_snapshot = _async_method(snapshots.delete_snapshot)
    apply_retention_policy = _async_method(snapshots.apply_retention_policy)

    add_host = _async_method(hosts.add_host)
    update_host = _async_method(hosts.update_host)
    delete_host = _async_method(hosts.delete_host)
    create_snapshot = _async_method(snapshots.create_snapshot)
    restore_snapshot = _async_method(restore.restore_snapshot)
    import_hosts = _async_method(importing.import_hosts)
    plan_import = _async_method(importing.plan_import)
    update_hosts = _async_method(bulk.update_hosts)
    plan_restore = _async_method(restore.plan_restore)
    list_tags = _async_method(bulk.list_tags)
