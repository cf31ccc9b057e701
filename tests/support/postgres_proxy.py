"""Proxies before a PostgreSQL server: one counts round trips, one cuts or holds connections at a message of choice."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal
from urllib.parse import urlsplit

# Where a request meets its end: it does not reach the server; or the connection breaks as soon as the server has it;
# or when the server has answered, but the client does not have the answer.
When = Literal["before", "at once", "after"]

_START = {
    196608,
    196610,
}  # protocols 3.0 and 3.2; other first packets ask for encryption, and another one follows
_END_OF_REQUEST = b"QScfd"  # Query, Sync, CopyDone, CopyFail, CopyData
_READY = b"Z\0\0\0\5"
_SEND_ME_DATA = b"G\0\0\0"


class _Session:
    """A client's connection and the one to the server."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.answered = threading.Event()
        self.muted = False
        self.answered.set()

    def cut(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class _Proxy:
    """Forwards connections to a server."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        credentials = parts.netloc.rpartition("@")[0]
        self.url = parts._replace(
            netloc=f"{credentials}@127.0.0.1:{self._listener.getsockname()[1]}"
        ).geturl()
        self._sessions: list[_Session] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    session = _Session(client, socket.create_connection(self._server))
                except OSError:  # there is no server now
                    client.close()
                    continue
                self._sessions.append(session)
                for forward in (self._forward_requests, self._forward_answers):
                    thread = threading.Thread(target=self._until_the_end, args=(forward, session))
                    self._threads.append(thread)
                    thread.start()

    def _until_the_end(self, forward: object, session: _Session) -> None:
        assert callable(forward)
        with suppress(OSError):
            forward(session)
        session.cut()

    def _forward_requests(self, session: _Session) -> None:
        while data := session.client.recv(65536):
            self.spoken(session)
            session.server.sendall(data)

    def _forward_answers(self, session: _Session) -> None:
        while data := session.server.recv(65536):
            session.answered.set()
            session.client.sendall(data)

    def spoken(self, session: _Session) -> None:
        """A client has sent something."""

    def close(self) -> None:
        """Cut every connection."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        for session in self._sessions:
            session.cut()
        for thread in self._threads:
            thread.join()
        for end in (self._listener, *(end for s in self._sessions for end in (s.client, s.server))):
            end.close()


class CountingProxy(_Proxy):
    """`round_trips` is how often a client spoke after it was answered."""

    round_trips = 0

    def spoken(self, session: _Session) -> None:
        """Count."""
        if session.answered.is_set():
            session.answered.clear()
            self.round_trips += 1


class CuttingProxy(_Proxy):
    """Cuts the connection on which the n-th request comes, and holds everything up for as long as the test asks for.

    A request is what the server answers as one: a statement with its parameters, or a piece of a COPY's data.
    With `hold_when_cut` it lets nobody through from the cut on, as a server does that hangs.
    """

    def __init__(self, url: str) -> None:
        self._moving = threading.Event()
        self._moving.set()
        self._lock = threading.Lock()
        self.hold_when_cut = False
        self.cut_at(0, "before")
        super().__init__(url)

    def cut_at(self, number: int, when: When) -> None:
        """Cut at the request of this number from now on; 0: at none."""
        self.requests: list[bytes] = []
        self.was_cut = False
        self._number, self._when = number, when

    def hold(self) -> None:
        """Accept connections and what comes on them, and pass nothing on."""
        self._moving.clear()

    def go_on(self) -> None:
        """Pass everything on again, also what was held up."""
        self.hold_when_cut = False
        self._moving.set()

    def close(self) -> None:
        """Cut every connection."""
        self._moving.set()
        super().close()

    def _forward_requests(self, session: _Session) -> None:
        for request, counts in _requests(session.client):
            self._moving.wait()
            if not counts or not self._is_chosen(request):
                session.server.sendall(request)
                continue
            session.muted = True
            if self.hold_when_cut:
                self.hold()
            if self._when != "before":
                session.answered.clear()
                session.server.sendall(request)
                if self._when == "after" and request[:1] != b"d":  # that has no answer of its own
                    session.answered.wait(10)
            return

    def _forward_answers(self, session: _Session) -> None:
        while data := session.server.recv(65536):
            if not session.muted:
                self._moving.wait()
                session.client.sendall(data)
            elif data[-6:-1] == _READY or _SEND_ME_DATA in data:
                session.answered.set()

    def _is_chosen(self, request: bytes) -> bool:
        with self._lock:
            self.requests.append(request)
            chosen = len(self.requests) == self._number
            self.was_cut = self.was_cut or chosen
            return chosen


def _requests(client: socket.socket) -> Iterator[tuple[bytes, bool]]:
    """Yield what a client sends, request by request, and whether it is one of a session that has begun."""
    data, whole, begun = b"", b"", False
    while received := client.recv(65536):
        data += received
        while (length := _length(data, begun)) and len(data) >= length:
            message, data = data[:length], data[length:]
            whole += message
            if not begun:
                begun = struct.unpack("!i", message[4:8])[0] in _START
                yield whole, False
            elif message[:1] in (b"p", b"X"):  # a password or a close message
                yield whole, False
            elif message[0] in _END_OF_REQUEST:
                yield whole, True
            else:
                continue
            whole = b""


def _length(data: bytes, begun: bool) -> int | None:
    letters = 1 if begun else 0
    return None if len(data) < letters + 4 else letters + struct.unpack_from("!i", data, letters)[0]


@contextmanager
def counting_proxy(url: str) -> Iterator[CountingProxy]:
    """Give a proxy that counts before the server of a URL, and end it."""
    proxy = CountingProxy(url)
    try:
        yield proxy
    finally:
        proxy.close()


@contextmanager
def cutting_proxy(url: str) -> Iterator[CuttingProxy]:
    """Give a proxy that cuts before the server of a URL, and end it."""
    proxy = CuttingProxy(url)
    try:
        yield proxy
    finally:
        proxy.close()
