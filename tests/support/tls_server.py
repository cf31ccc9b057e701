"""TLS in front of a PostgreSQL server: the one of the development wheel is built without it."""

import select
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# What a client that wants TLS sends first, and the server answers with one letter.
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)


@contextmanager
def tls_in_front(port: int, context: ssl.SSLContext) -> Iterator[int]:
    """Listen on 127.0.0.1 and pass on what comes by TLS; give the port it listens on.

    Args:
        port: of a PostgreSQL server on 127.0.0.1.
        context: with the certificate to show.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=_accept, args=(listener, port, context))
        accepting.start()
        try:
            yield listener.getsockname()[1]
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # close() alone does not wake accept()
            accepting.join()


def _accept(listener: socket.socket, port: int, context: ssl.SSLContext) -> None:
    serving = []
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            serving.append(threading.Thread(target=_serve, args=(client, port, context)))
            serving[-1].start()
    for thread in serving:
        thread.join()


def _serve(plain: socket.socket, port: int, context: ssl.SSLContext) -> None:
    with plain, suppress(OSError):  # a client that refuses the certificate goes away
        if plain.recv(len(_SSL_REQUEST), socket.MSG_WAITALL) != _SSL_REQUEST:
            return  # who comes without TLS is not let in
        plain.sendall(b"S")
        with (
            context.wrap_socket(plain, server_side=True) as client,
            socket.create_connection(("127.0.0.1", port)) as server,
        ):
            _pass_on(client, server)


def _pass_on(client: ssl.SSLSocket, server: socket.socket) -> None:
    """Pass bytes on in both directions until one side ends."""
    while True:
        ready = [client] if client.pending() else select.select([client, server], [], [])[0]
        for end, other in ((client, server), (server, client)):
            if end in ready:
                data = end.recv(65536)
                if not data:
                    return
                other.sendall(data)
