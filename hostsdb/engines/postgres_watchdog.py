"""A watchdog for PostgreSQL connections: it tells a stopped server from a long-running statement.

A stopped process, or a machine that hangs, does not break a connection. Its kernel still acknowledges packets, so
neither libpq nor `tcp_user_timeout` notices, and a read waits forever. A statement timeout would also end a long wait
for a lock, or a large import. So the watchdog opens a second connection as a liveness probe.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any

import psycopg
from psycopg import pq

from hostsdb.engines.calls import finish, finish_async
from hostsdb.engines.forking import ProcessBound, give_up_socket
from hostsdb.engines.postgres_probe import address, answers, answers_async
from hostsdb.engines.postgres_servers import Servers, set_unresponsive


class Watchdog:
    """The state of one connection's watchdog. Times are of time.monotonic().

    Attributes:
        seconds: how long the server may send nothing before it is probed, and how long a probe may take.
        connected_at: when the connection was made.
        unresponsive_since: when the server sent its last data, if a probe failed; else None.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.connected_at: float = monotonic()
        self.unresponsive_since: float | None = None

    def watched(self, gen: Any, probe: Callable[[float], None]) -> Generator[Any, Any, Any]:
        """Run psycopg's generator. Probe the server when it has sent nothing for `seconds`.

        Arguments:
            gen: waits for the server.
            probe: called with the time at which the server sent its last data.
        """
        received_at, ready = monotonic(), None
        while True:
            try:
                wanted = gen.send(ready)
            except StopIteration as done:
                return done.value
            ready = yield wanted
            if ready:
                received_at = monotonic()
            elif monotonic() - received_at > self.seconds:
                probe(received_at)
                received_at = monotonic()


class Watched(ProcessBound):
    """What the connections for threads and for asyncio share."""

    watchdog: Watchdog
    pgconn: pq.abc.PGconn

    def shut_down(self) -> None:
        """Shut the socket down, so that a waiting call fails as for any other lost connection."""
        with socket.socket(fileno=os.dup(self.pgconn.socket)) as connection:
            connection.shutdown(socket.SHUT_RDWR)

    def lose(self, since: float) -> None:
        """Shut the socket down, because the server has not responded since then."""
        self.watchdog.unresponsive_since = since
        set_unresponsive((self.pgconn.host.decode(), self.pgconn.port.decode()))
        self.shut_down()

    def after_fork_in_child(self) -> None:
        """Give up the child's copy of the socket."""
        with suppress(psycopg.Error, OSError):  # it is closed
            give_up_socket(self.pgconn.socket)


class WatchdogConnection(Watched, psycopg.Connection[Any]):
    """A connection that fails if its server has stopped.

    Arguments of connect:
        probe_after: its Watchdog's `seconds`.
        servers: connects to one of the servers.
        options: psycopg's own.
        libpq: those of libpq.
    """

    @classmethod
    def connect(  # type: ignore[override]
        cls,
        conninfo: str = "",
        *,
        probe_after: float,
        servers: Servers,
        options: dict[str, Any],
        **libpq: Any,
    ) -> WatchdogConnection:
        """Return a new connection, as psycopg does."""
        connect = partial(super().connect, **options)
        connection: WatchdogConnection = finish(servers.connect(connect, conninfo, libpq))
        connection.bind()
        connection.watchdog = Watchdog(probe_after)
        return connection

    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        """Wait for the server, as psycopg does."""

        def probe(since: float) -> None:
            if not answers(address(self.pgconn), self.watchdog.seconds):
                self.lose(since)

        return super().wait(self.watchdog.watched(gen, probe), *args, **options)


class AsyncWatchdogConnection(Watched, psycopg.AsyncConnection[Any]):
    """The same for asyncio."""

    @classmethod
    async def connect(  # type: ignore[override]
        cls,
        conninfo: str = "",
        *,
        probe_after: float,
        servers: Servers,
        options: dict[str, Any],
        **libpq: Any,
    ) -> AsyncWatchdogConnection:
        """Return a new connection, as psycopg does."""
        connect = partial(super().connect, **options)
        connection: AsyncWatchdogConnection = await finish_async(servers.connect(connect, conninfo, libpq))
        connection.bind()
        connection.watchdog = Watchdog(probe_after)
        return connection

    async def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        """Wait for the server, as psycopg does."""
        task: asyncio.Task[None] | None = None

        async def probe(since: float) -> None:
            if not await answers_async(address(self.pgconn), self.watchdog.seconds):
                self.lose(since)

        def start_probe(since: float) -> None:
            nonlocal task
            task = asyncio.create_task(probe(since))

        try:
            return await super().wait(self.watchdog.watched(gen, start_probe), *args, **options)
        finally:
            if task is not None:
                task.cancel()
