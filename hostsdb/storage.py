"""Storage and AsyncStorage: what applications hold. Each method is one operation, run on one engine."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from functools import partial, wraps
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from hostsdb.connecting import AsyncDatabase, Database
from hostsdb.driver import run, run_async
from hostsdb.operations import (
    bulk,
    events,
    hosts,
    importing,
    lifecycle,
    projection,
    restore,
    snapshots,
    verifying,
)
from hostsdb.operations.steps import Operation

P = ParamSpec("P")
T = TypeVar("T")


def _method(operation: Callable[P, Operation[T]]) -> Callable[Concatenate[Storage, P], T]:
    @wraps(operation)
    def method(self: Storage, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return run(self._database.engine, partial(operation, *args, **kwargs))

    method.__signature__ = _signature(operation)  # type: ignore[attr-defined]
    return method


def _async_method(
    operation: Callable[P, Operation[T]],
) -> Callable[Concatenate[AsyncStorage, P], Coroutine[Any, Any, T]]:
    @wraps(operation)
    async def method(self: AsyncStorage, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await run_async(self._database.engine, partial(operation, *args, **kwargs))

    method.__signature__ = _signature(operation)  # type: ignore[attr-defined]
    return method


def _signature(operation: Callable[..., Any]) -> inspect.Signature:
    """Return the operation's signature as a method that returns what the operation does."""
    signature = inspect.signature(operation)
    itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    result = str(signature.return_annotation).removeprefix("Operation[").removesuffix("]")
    return signature.replace(parameters=[itself, *signature.parameters.values()], return_annotation=result)


class Storage:
    """The hosts of one database. Threads may share it. Closes itself at the end of a `with` block."""

    def __init__(self, database: Database) -> None:
        self._database = database

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

    list_all = _method(projection.list_all)
    get_by_id = _method(projection.get_by_id)
    find_by_ip_and_hostname = _method(projection.find_by_ip_and_hostname)
    search = _method(projection.search)
    get_at_time = _method(projection.get_at_time)

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

    list_all = _async_method(projection.list_all)
    get_by_id = _async_method(projection.get_by_id)
    find_by_ip_and_hostname = _async_method(projection.find_by_ip_and_hostname)
    search = _async_method(projection.search)
    get_at_time = _async_method(projection.get_at_time)

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
