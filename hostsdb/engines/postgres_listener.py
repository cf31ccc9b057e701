"""Notifications of commits by PostgreSQL's LISTEN, on one connection outside the pool for all watchers of a storage."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from time import monotonic
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from hostsdb.engines.calls import Calls
from hostsdb.engines.forking import ProcessBound
from hostsdb.engines.postgres_connect import connect_once, connect_once_async
from hostsdb.errors import StorageError
from hostsdb.sql_files import load
from hostsdb.url import DatabaseUrl

_Call = Callable[..., Any]


class Listener(ProcessBound):
    """The connection that all watchers share. It is opened for the first one, and stays open for later ones.

    One of the waiting watchers reads the connection, and wakes the others. So it needs no thread, and no task. While
    there are no watchers it does not listen: a session that reads no notifications would fill the server's queue.

    Arguments:
        connect: returns a new connection.
        notified: waits on a connection for so many seconds, and returns whether there was a notification.
        sleep: waits for so many seconds.
        new_event: returns an event that is not set.
        wait_for: waits for an event for so many seconds.
    """

    def __init__(
        self, connect: _Call, notified: _Call, sleep: _Call, new_event: _Call, wait_for: _Call
    ) -> None:
        self._connect = connect
        self._notified = notified
        self._sleep = sleep
        self._new_event = new_event
        self._wait_for = wait_for
        self._lock = threading.Lock()  # never held while anything waits
        self._connection: Any = None
        self._is_listening = False
        self._is_read = False
        self._no_longer_read = new_event()
        self._watchers = 0
        self.notifications: int = 0
        self._is_closed = False
        self.bind()

    @contextmanager
    def watching(self) -> Iterator[_Watcher]:
        """Give a notifier for one watcher."""
        with self._lock:
            self._watchers += 1
        try:
            yield _Watcher(self)
        finally:
            if not self.is_inherited:
                self._leave()

    def _leave(self) -> None:
        with self._lock:
            self._watchers -= 1
            if self._watchers == 0 and self._connection is not None:
                self._stop_listening()

    def _stop_listening(self) -> None:
        self._is_listening = False
        try:
            # The answer is not awaited: this also runs in an event loop.
            self._connection.pgconn.send_query(load("postgres", "unlisten").text.encode())
        except psycopg.Error:
            self._disconnect()

    def wait(self, seen: int, seconds: float) -> Calls[None]:
        """Wait until `notifications` is greater than `seen`, but no longer than so many seconds."""
        end = monotonic() + seconds
        while True:
            with self._lock:
                left = end - monotonic()
                if self.notifications > seen or left <= 0:
                    return
                reads = not self._is_read
                self._is_read = True
                others = self._no_longer_read
            if not reads:
                yield self._wait_for(others, left)
                continue
            try:
                yield from self._read(left)
            finally:
                if not self.is_inherited:
                    self._hand_over()

    def _hand_over(self) -> None:
        with self._lock:
            self._is_read = False
            if self._is_closed:
                self._disconnect()
            others, self._no_longer_read = self._no_longer_read, self._new_event()
        others.set()

    def _read(self, seconds: float) -> Calls[None]:
        try:
            if not self._is_listening:
                if self._connection is None or not _has_answered(self._connection.pgconn):
                    self._disconnect()
                    self._connection = yield self._connect()
                yield self._connection.execute(load("postgres", "listen").text)
                self._is_listening = True
                self.notifications += 1  # earlier ones were missed
            elif (yield self._notified(self._connection, seconds)):
                self.notifications += 1
        except (psycopg.Error, StorageError):
            # The next query of each watcher reports a lost server. Until then the watchers poll.
            self._disconnect()
            if not self._is_closed:
                yield self._sleep(seconds)

    def close(self) -> None:
        """Close the connection, and wake all watchers: their next query says that the storage is closed."""
        if self.is_inherited:
            return
        with self._lock:
            self._is_closed = True
            self.notifications += 1
            self._no_longer_read.set()
            if not self._is_read:
                self._disconnect()
            elif self._connection is not None:
                with suppress(psycopg.Error, OSError):
                    self._connection.shut_down()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        self._is_listening = False
        if connection is not None:
            connection.pgconn.finish()


def _has_answered(pgconn: Any) -> bool:
    """Read the answer to `unlisten`. Return whether it is there and the session can be used."""
    try:
        pgconn.consume_input()
        while not pgconn.is_busy():
            if pgconn.get_result() is None:
                return bool(pgconn.transaction_status == TransactionStatus.IDLE)
    except psycopg.Error:
        pass
    return False


class _Watcher:
    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._seen = listener.notifications

    def wait(self, seconds: float) -> Calls[bool]:
        """Return True after a notification, and after connecting: earlier notifications were missed."""
        yield from self._listener.wait(self._seen, seconds)
        before, self._seen = self._seen, self._listener.notifications
        return self._seen > before


def listener(url: DatabaseUrl) -> Listener:
    """Return the listener of a storage for threads."""
    return Listener(partial(connect_once, url), _notified, time.sleep, threading.Event, threading.Event.wait)


def listener_async(url: DatabaseUrl) -> Listener:
    """Return the listener of a storage for asyncio."""
    connect = partial(connect_once_async, url)
    return Listener(connect, _notified_async, asyncio.sleep, asyncio.Event, _wait_async)


def _notified(connection: psycopg.Connection[Any], seconds: float) -> bool:
    return bool(list(connection.notifies(timeout=seconds, stop_after=1)))


async def _notified_async(connection: psycopg.AsyncConnection[Any], seconds: float) -> bool:
    return bool([n async for n in connection.notifies(timeout=seconds, stop_after=1)])


async def _wait_async(event: asyncio.Event, seconds: float) -> None:
    # Not wait_for: before Python 3.12 it may lose the cancellation of the task.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
