"""One TCP address before several servers, as HAProxy or a cloud's endpoint: a test says where it leads."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Forwarder:
    """Forwards each connection to the server at one port."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def lead_to(self, target: int) -> None:
        """Send new connections to this port, and cut those that are open."""
        with self._lock:
            self._target = target
            self._cut()

    @contextmanager
    def leading_later(self, target: int, seconds: float) -> Iterator[float]:
        """Send connections to this port so many seconds later. Gives the time.monotonic() of now."""
        timer = threading.Timer(seconds, self.lead_to, (target,))
        timer.start()
        try:
            yield time.monotonic()
        finally:
            timer.join()

    def _cut(self) -> None:
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with self._lock:
                    try:
                        server = socket.create_connection(("127.0.0.1", self._target))
                    except OSError:  # there is no server now
                        client.close()
                        continue
                    self._open += [client, server]
                for source, sink in ((client, server), (server, client)):
                    thread = threading.Thread(target=self._forward, args=(source, sink))
                    self._threads.append(thread)
                    thread.start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Cut every connection."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._cut()
        for thread in self._threads:
            thread.join()
        for end in (self._listener, *self._open):
            end.close()


@contextmanager
def forwarder(target: int) -> Iterator[Forwarder]:
    """Give a forwarder to the server at a port, and end it."""
    forward = Forwarder(target)
    try:
        yield forward
    finally:
        forward.close()
