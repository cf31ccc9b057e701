"""A proxy before a PostgreSQL server that counts round trips."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class CountingProxy:
    """Forwards connections to a server; `round_trips` is how often a client spoke after it was answered."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        credentials = parts.netloc.rpartition("@")[0]
        self.url = parts._replace(
            netloc=f"{credentials}@127.0.0.1:{self._listener.getsockname()[1]}"
        ).geturl()
        self.round_trips = 0
        self._sockets = [self._listener]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._sockets += [client, server]
                answered = threading.Event()
                answered.set()
                for arguments in ((client, server, answered, True), (server, client, answered, False)):
                    thread = threading.Thread(target=self._forward, args=arguments)
                    self._threads.append(thread)
                    thread.start()

    def _forward(
        self, source: socket.socket, target: socket.socket, answered: threading.Event, from_client: bool
    ) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not from_client:
                    answered.set()
                elif answered.is_set():
                    answered.clear()
                    self.round_trips += 1
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Cut every connection."""
        for end in self._sockets:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in self._sockets:
            end.close()


@contextmanager
def counting_proxy(url: str) -> Iterator[CountingProxy]:
    """Give a proxy before the server of a URL, and end it."""
    proxy = CountingProxy(url)
    try:
        yield proxy
    finally:
        proxy.close()
