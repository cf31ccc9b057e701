"""A watchdog for PostgreSQL connections: it tells a stopped server from a long-running statement.

A stopped process, or a machine that hangs, does not break a connection. Its kernel still acknowledges packets, so
neither libpq nor `tcp_user_timeout` notices, and a read waits forever. A statement timeout would also end a long wait
for a lock, or a large import. So the watchdog opens a second connection as a liveness probe.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
from collections.abc import Callable, Generator
from contextlib import suppress
from time import monotonic
from typing import Any, NamedTuple

import psycopg
from psycopg import pq

from hostsdb.engines.forking import ProcessBound, give_up_socket

# A server answers an SSLRequest message with one byte, whatever its configuration, before authentication.
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
# Errors of this process. They say nothing about the server.
_LOCAL_ERRORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}


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
        self.shut_down()

    def after_fork_in_child(self) -> None:
        """Give up the child's copy of the socket."""
        with suppress(psycopg.Error, OSError):  # it is closed
            give_up_socket(self.pgconn.socket)


class WatchdogConnection(Watched, psycopg.Connection[Any]):
    """A connection that fails if its server has stopped. `probe_after` is its Watchdog's `seconds`."""

    @classmethod
    def connect(cls, conninfo: str = "", *, probe_after: float, **options: Any) -> WatchdogConnection:  # type: ignore[override]
        """Return a new connection, as psycopg does."""
        connection = super().connect(conninfo, **options)
        connection.bind()
        connection.watchdog = Watchdog(probe_after)
        return connection

    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        """Wait for the server, as psycopg does."""

        def probe(since: float) -> None:
            if not _probe(_address(self.pgconn), self.watchdog.seconds):
                self.lose(since)

        return super().wait(self.watchdog.watched(gen, probe), *args, **options)


class AsyncWatchdogConnection(Watched, psycopg.AsyncConnection[Any]):
    """The same for asyncio."""

    @classmethod
    async def connect(  # type: ignore[override]
        cls, conninfo: str = "", *, probe_after: float, **options: Any
    ) -> AsyncWatchdogConnection:
        """Return a new connection, as psycopg does."""
        connection = await super().connect(conninfo, **options)
        connection.bind()
        connection.watchdog = Watchdog(probe_after)
        return connection

    async def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        """Wait for the server, as psycopg does."""
        task: asyncio.Task[None] | None = None

        async def probe(since: float) -> None:
            if not await _probe_async(_address(self.pgconn), self.watchdog.seconds):
                self.lose(since)

        def start_probe(since: float) -> None:
            nonlocal task
            task = asyncio.create_task(probe(since))

        try:
            return await super().wait(self.watchdog.watched(gen, start_probe), *args, **options)
        finally:
            if task is not None:
                task.cancel()


class _Address(NamedTuple):
    host: str
    port: str

    @property
    def path(self) -> str | None:
        """The Unix socket; None for TCP."""
        if not self.host.startswith(("/", "@")):
            return None
        path = f"{self.host}/.s.PGSQL.{self.port}"
        return f"\0{path[1:]}" if path.startswith("@") else path


def _address(pgconn: pq.abc.PGconn) -> _Address:
    return _Address((pgconn.hostaddr or pgconn.host).decode(), pgconn.port.decode())


def _probe(server: _Address, seconds: float) -> bool:
    try:
        with _connected(server, seconds) as connection:
            connection.sendall(_SSL_REQUEST)
            return bool(connection.recv(1))
    except OSError as error:
        return error.errno in _LOCAL_ERRORS


def _connected(server: _Address, seconds: float) -> socket.socket:
    if server.path is None:
        return socket.create_connection((server.host, int(server.port)), seconds)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(seconds)
    try:
        connection.connect(server.path)
    except BaseException:
        connection.close()
        raise
    return connection


async def _probe_async(server: _Address, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            if server.path is None:
                reader, writer = await asyncio.open_connection(server.host, int(server.port))
            else:
                reader, writer = await asyncio.open_unix_connection(server.path)
            try:
                writer.write(_SSL_REQUEST)
                return bool(await reader.read(1))
            finally:
                writer.transport.abort()
    except OSError as error:
        return error.errno in _LOCAL_ERRORS
