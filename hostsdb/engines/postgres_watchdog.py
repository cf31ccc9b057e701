"""A PostgreSQL server that has stopped, told from one that works for long: a new connection gets no answer there.

A process that is stopped, or a machine that hangs, breaks no connection: its kernel acknowledges what is sent, and
libpq waits for ever. A bound on the answer would end a long wait for a lock, or a large import, as well.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
from collections.abc import Generator
from time import monotonic
from typing import Any, NamedTuple

import psycopg
from psycopg import pq

# Whatever a server is set up for, it answers this with one letter, before it asks who is there.
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
# What keeps this process from asking, and tells nothing of the server.
_OUR_OWN = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}


class Watchdog:
    """What is known of a connection's server; moments are of time.monotonic().

    Attributes:
        seconds: after so long a silence the server is asked, and has as long again to answer.
        connected_at: when the connection was made.
        unresponsive_since: since when the server is silent that was found to have stopped; None: it was not found so.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.connected_at = monotonic()
        self.unresponsive_since: float | None = None

    def cut(self, pgconn: pq.abc.PGconn, since: float) -> None:
        """Break the connection, so that whoever waits on it learns of that as of any other loss."""
        self.unresponsive_since = since
        with socket.socket(fileno=os.dup(pgconn.socket)) as connection:
            connection.shutdown(socket.SHUT_RDWR)


class WatchdogConnection(psycopg.Connection[Any]):
    """A connection that breaks when its server has stopped; `silence` is its Watch's seconds."""

    watchdog: Watchdog

    @classmethod
    def connect(cls, conninfo: str = "", *, probe_after: float, **options: Any) -> WatchdogConnection:  # type: ignore[override]
        """Return a new connection, as psycopg does."""
        connection = super().connect(conninfo, **options)
        connection.watchdog = Watchdog(probe_after)
        return connection

    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        """Wait for the server, as psycopg does."""
        return super().wait(self._guarded(gen), *args, **options)

    def _guarded(self, gen: Any) -> Generator[Any, Any, Any]:
        heard_at, ready = monotonic(), None
        while True:
            try:
                wanted = gen.send(ready)
            except StopIteration as done:
                return done.value
            ready = yield wanted
            if ready:
                heard_at = monotonic()
            elif monotonic() - heard_at > self.watchdog.seconds:
                if not _probe(_address(self.pgconn), self.watchdog.seconds):
                    self.watchdog.cut(self.pgconn, heard_at)
                heard_at = monotonic()


class AsyncWatchdogConnection(psycopg.AsyncConnection[Any]):
    """The same for asyncio."""

    watchdog: Watchdog

    @classmethod
    async def connect(  # type: ignore[override]
        cls, conninfo: str = "", *, probe_after: float, **options: Any
    ) -> AsyncWatchdogConnection:
        """Return a new connection, as psycopg does."""
        connection = await super().connect(conninfo, **options)
        connection.watchdog = Watchdog(probe_after)
        return connection

    async def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        """Wait for the server, as psycopg does."""
        watchdog_timer = _AsyncWatchdog(self)
        try:
            return await super().wait(gen, *args, **options)
        finally:
            watchdog_timer.end()


class _AsyncWatchdog:
    """A look after each `seconds` of one wait."""

    def __init__(self, connection: AsyncWatchdogConnection) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._begin()

    def _begin(self) -> None:
        self._since = monotonic()
        self._timer = self._loop.call_later(self._connection.watchdog.seconds, self._ask)

    def _ask(self) -> None:
        self._task = self._loop.create_task(self._look())

    async def _look(self) -> None:
        watchdog, pgconn = self._connection.watchdog, self._connection.pgconn
        if await _probe_async(_address(pgconn), watchdog.seconds):
            self._begin()
        else:
            watchdog.cut(pgconn, self._since)

    def end(self) -> None:
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()


class _Address(NamedTuple):
    host: str
    port: str

    @property
    def path(self) -> str | None:
        """The Unix socket; None for a server on the network."""
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
        return error.errno in _OUR_OWN


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
            reader, writer = await _connected_async(server)
            try:
                writer.write(_SSL_REQUEST)
                return bool(await reader.read(1))
            finally:
                writer.transport.abort()
    except OSError as error:
        return error.errno in _OUR_OWN


async def _connected_async(server: _Address) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if server.path is None:
        return await asyncio.open_connection(server.host, int(server.port))
    return await asyncio.open_unix_connection(server.path)
