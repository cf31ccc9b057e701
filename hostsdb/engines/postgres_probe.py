"""A liveness probe for PostgreSQL: a second connection that needs no password."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
from typing import NamedTuple

from psycopg import pq

# A server answers an SSLRequest message with one byte, whatever its configuration, before authentication.
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
# Errors of this process. They say nothing about the server.
_LOCAL_ERRORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}


class Address(NamedTuple):
    """Where a server listens: a host, an address or a folder with a Unix socket, and a port."""

    host: str
    port: str

    @property
    def path(self) -> str | None:
        """The Unix socket; None for TCP."""
        if not self.host.startswith(("/", "@")):
            return None
        path = f"{self.host}/.s.PGSQL.{self.port}"
        return f"\0{path[1:]}" if path.startswith("@") else path


def address(pgconn: pq.abc.PGconn) -> Address:
    """Return the server of a connection."""
    return Address((pgconn.hostaddr or pgconn.host).decode(), pgconn.port.decode())


def answers(server: Address, seconds: float) -> bool:
    """Return whether a server answers a liveness probe within so many seconds."""
    try:
        with _connected(server, seconds) as connection:
            connection.sendall(_SSL_REQUEST)
            return bool(connection.recv(1))
    except OSError as error:
        return error.errno in _LOCAL_ERRORS


def _connected(server: Address, seconds: float) -> socket.socket:
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


async def answers_async(server: Address, seconds: float) -> bool:
    """Return whether a server answers, as `answers` does."""
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
