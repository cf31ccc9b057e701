"""The line of appends whose threads wait for a connection. One of the threads appends all of them by one statement.

The leader is one of the waiting threads. It waits for a connection, takes appends out of the line, runs one statement,
and wakes the others. Then the next one leads. With few in the line, each of them uses a connection of its own again.

KeyboardInterrupt may end a thread between any two calls. So what other threads depend on is set without a call, and a
thread that waits looks again once a second.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock
from time import monotonic
from typing import Any, Protocol

from hostsdb.errors import StorageError
from hostsdb.operations.steps import Rows
from hostsdb.rows import to_json

# The largest number of appends in a statement, and of characters of their JSON.
_MOST, _LONGEST = 100, 1_000_000
# How often a waiting thread looks by itself, in seconds. Usually it is woken. A thread that waits so long does not wait
# for the leader any longer if a connection is free: the leader's connection may hang.
_LOOK = 1.0


class _Outcome:
    """What became of a statement for several appends.

    Attributes:
        is_known: whether the statement has ended.
        error: its error. Without an error, and without rows for an append, its thread was interrupted.
    """

    def __init__(self) -> None:
        self.is_known = False
        self.error: StorageError | None = None


class Append:
    """An append in the line.

    Arguments:
        events: the columns of its events.
        deadline: the time.monotonic() until which to wait for a connection.
    Attributes:
        text: the events as JSON.
        outcome: of the statement that has it; None: no statement has it.
        rows: its rows, if that statement has stored them.
        is_alone: whether its thread runs a statement for it alone.
    """

    def __init__(self, events: list[dict[str, Any]], deadline: float) -> None:
        self.text: str = to_json(events)
        self.hosts: set[str] = {event["aggregate_id"] for event in events}
        self.event_ids: set[str] = {event["event_id"] for event in events}
        self.deadline = deadline
        self._late_at = monotonic() + _LOOK
        self.outcome: _Outcome | None = None
        self.rows: Rows | None = None
        self.is_alone = False
        self._woken: SimpleQueue[None] = SimpleQueue()

    @property
    def is_late(self) -> bool:
        """Whether it should have ended long ago."""
        return monotonic() >= self._late_at

    def wake(self) -> None:
        """Let its thread look again."""
        self._woken.put(None)

    def sleep(self) -> None:
        """Wait until it is woken, for a second, or until the deadline if no statement has it."""
        left = _LOOK if self.outcome else min(_LOOK, max(0.0, self.deadline - monotonic()))
        with suppress(Empty):
            self._woken.get(timeout=left)


class Leader(Protocol):
    """What a thread does that leads."""

    def check_out(self, deadline: float) -> None:
        """Wait for a connection."""

    def append_together(self, appends: list[Append]) -> Rows:
        """Run one statement for appends, and return the connection. Return the rows; each begins with an event_id."""


class AppendLine:
    """The line.

    Arguments:
        free: returns the number of callers that would get a connection at once.
        no_connection: returns the error of a caller that got no connection in time.
    """

    def __init__(self, free: Callable[[], int], no_connection: Callable[[], StorageError]) -> None:
        self._free = free
        self._no_connection = no_connection
        self._lock = Lock()
        self._waiting: list[Append] = []
        self._leader: Append | None = None

    @property
    def is_open(self) -> bool:
        """Whether an append has to wait in the line."""
        leader = self._leader
        return (leader is not None and not leader.is_late) or self._free() <= 0

    @property
    def length(self) -> int:
        """How many wait in the line, the leader not counted."""
        return sum(append is not self._leader for append in list(self._waiting))

    def wait(self, append: Append, leader: Leader) -> None:
        """Return when a statement that had the append has ended, or when it is alone. Lead if nobody else does.

        Raises:
            StorageError: there was no connection.
        """
        try:
            with self._lock:
                self._waiting.append(append)
            while not self._is_over(append):
                if self._leader is append:
                    self._lead(append, leader)
                else:
                    append.sleep()
        finally:
            if self._leader is append:
                self._leader = None
            if append.outcome is None:
                self._leave(append)

    def _is_over(self, append: Append) -> bool:
        with self._lock:
            if append.outcome is not None:
                return append.outcome.is_known
            if append.is_late and self._free() > 0:
                self._remove(append)
                append.is_alone = True
            if append.is_alone:
                return True
            if self._leader is None:
                self._leader = append
            elif monotonic() >= append.deadline:
                raise self._no_connection()
        return False

    def _lead(self, append: Append, leader: Leader) -> None:
        leader.check_out(append.deadline)  # the line grows meanwhile
        outcome, taken = _Outcome(), [append]
        try:
            taken = self._take(append, outcome)
            if not append.is_alone:
                rows = leader.append_together(taken)
                for each in taken:
                    each.rows = [row for row in rows if row[0] in each.event_ids]
        except StorageError as error:
            outcome.error = error
        finally:
            outcome.is_known = True
            self._leader = None
            self._pass_on(taken)

    def _take(self, append: Append, outcome: _Outcome) -> list[Append]:
        """Take the leader's append and others out of the line; of a host only one."""
        with self._lock:
            taken, hosts, length = [append], set(append.hosts), len(append.text)
            for other in self._waiting:
                fits = other.outcome is None and len(taken) < _MOST and length + len(other.text) <= _LONGEST
                if other is not append and fits and hosts.isdisjoint(other.hosts):
                    taken.append(other)
                    hosts |= other.hosts
                    length += len(other.text)
            append.is_alone = len(taken) == 1
            for each in taken:
                each.outcome = outcome
            self._waiting = [each for each in self._waiting if each.outcome is None]
        return taken

    def _pass_on(self, ended: list[Append]) -> None:
        """Wake the next leader, and the threads whose statement has ended."""
        with self._lock:
            # So few threads need no line: each has a connection of its own, also if it appends again.
            if len(self._waiting) + len(ended) <= self._free():
                woken, self._waiting = self._waiting, []
                for append in woken:
                    append.is_alone = True
            else:
                woken = self._waiting[:1]
        for append in woken + ended:
            append.wake()

    def _leave(self, append: Append) -> None:
        with self._lock:
            self._remove(append)
        self._pass_on([])

    def _remove(self, append: Append) -> None:
        self._waiting = [each for each in self._waiting if each is not append]
