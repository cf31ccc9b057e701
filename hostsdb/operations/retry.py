"""The retry policy: which failures are retried, how long, and how often.

| failure | what is stored | retried by |
|---|---|---|
| TransientError (deadlock, serialization failure) | nothing | the driver, with a random backoff |
| ConcurrentWriteConflict without expected_version | nothing | the driver; see `changes_current` |
| ConnectionLost | nothing | the driver, on a new connection; after a refused write to a server that accepts writes |
| CommitUnknown | unknown | the functions below, for a write that is safe to repeat |

The driver retries until the engine's retry timeout: `acquire_timeout` on PostgreSQL, else LOCK_TIMEOUT.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from math import inf
from typing import Any, ParamSpec, TypeVar

from hostsdb.engine_errors import CommitUnknown, ConnectionLost, ConstraintViolation, TransientError
from hostsdb.errors import ConcurrentWriteConflict, ConnectionFailed, NotFound, StorageError
from hostsdb.operations.steps import Operation, Rows, run
from hostsdb.reports import inform, warn

P = ParamSpec("P")
T = TypeVar("T")

# How long to wait for a lock of another process, in seconds: a file that is open or locked, a running migration.
LOCK_TIMEOUT = 30.0
# How often a failed write is attempted, at least. An operation on many hosts, such as restoring a snapshot, may lose
# against busy writers many times; so it is also retried until the retry timeout.
ATTEMPTS = 10
_LONGEST_SLEEP = 0.2  # seconds


class Retries:
    """The state of one operation's retries in a driver.

    Arguments:
        timeout: how long an operation is retried, in seconds.
    Attributes:
        deadline: the time.monotonic() until which to wait for a new connection; None: as long as for a first one.
        is_read_only: whether a server refused to write. The next connection must accept writes.
    """

    def __init__(self, timeout: float) -> None:
        self.deadline: float | None = None
        self.is_read_only: bool = False
        self._timeout = timeout
        self._failures = 0
        self._first_failure = inf

    def sleep_after(self, error: StorageError) -> float:
        """Return the seconds to sleep before the next attempt. Raise the error if there is to be none."""
        if isinstance(error, ConnectionLost):
            # The pool waits for the next connection.
            self.deadline = error.since + self._timeout if self.deadline is None else self.deadline
            if time.monotonic() >= self.deadline:
                raise error
            self.is_read_only = self.is_read_only or error.is_read_only
            warn(f"lost the connection to the database, trying again: {error.reason}")
            return random.uniform(0, 0.1)
        self.deadline = None  # the server answers again
        self._failures += 1
        self._first_failure = min(self._first_failure, time.monotonic())
        if self._failures >= ATTEMPTS and time.monotonic() >= self._first_failure + self._timeout:
            raise final_error(error)
        inform(f"a transaction conflicted with another one; attempt {self._failures + 1} follows")
        return random.uniform(0, min(_LONGEST_SLEEP, 0.005 * 2**self._failures))


def final_error(error: StorageError) -> StorageError:
    """Return the error to raise where there is no other retry."""
    return getattr(error, "final", None) or error


def changes_current(operation: Callable[P, Operation[T]]) -> Callable[P, Operation[T]]:
    """Return an operation that changes what is current: the driver retries it if another writer was faster.

    A conflict leaves nothing stored, also after an unknown commit: the version that the lost attempt follows has
    another successor then.

    Arguments:
        operation: if its argument expected_version is given, a conflict is an error at once.
    """

    @wraps(operation)
    def changing(*args: P.args, **kwargs: P.kwargs) -> Operation[T]:
        try:
            return (yield from operation(*args, **kwargs))
        except ConcurrentWriteConflict as conflict:
            if kwargs.get("expected_version") is not None:
                raise
            raise TransientError(str(conflict), conflict) from conflict

    return changing


class Backoff:
    """Growing delays between two queries, in seconds.

    Arguments:
        timeout: after so many seconds without a restart there is no further delay; None: no limit.
    """

    FIRST, LONGEST, GROWTH = 0.01, 1.0, 1.5

    def __init__(self, timeout: float | None) -> None:
        self._timeout = inf if timeout is None else timeout
        self.restart()

    def restart(self) -> None:
        """Begin with the first delay, and begin the timeout again."""
        self.shorten()
        self._end = time.monotonic() + self._timeout

    def shorten(self) -> None:
        """Begin with the first delay."""
        self._delay = self.FIRST

    def next_delay(self) -> float | None:
        """Return the next delay; None after the timeout."""
        left = self._end - time.monotonic()
        delay, self._delay = self._delay, min(self._delay * self.GROWTH, self.LONGEST)
        return min(delay, left) if left > 0 else None


def run_until(
    done: Callable[[Rows], bool], attempts: int, name: str, /, **parameters: Any
) -> Operation[Rows]:
    """Run a query until its rows are as expected, with a delay of 10 ms between two attempts.

    Arguments:
        done: says whether the rows are as expected.
        attempts: how often to run it at most.
        name, parameters: the statement.
    Returns:
        the rows of the last attempt.
    """
    found = yield from run(name, **parameters)
    for _ in range(attempts - 1):
        if done(found):
            break
        yield from run("sleep")
        found = yield from run(name, **parameters)
    return found


def retry_idempotent(operation: Operation[T]) -> Operation[T]:
    """Run an operation that may run twice without harm. The driver runs it again if the commit is unknown.

    Raises:
        ConnectionLost: instead of CommitUnknown.
    """
    try:
        return (yield from operation)
    except CommitUnknown as unknown:
        raise ConnectionLost(unknown.reason, unknown.since) from unknown


def retry_write(
    write: Callable[[], Operation[T]], find_stored: Callable[[], Operation[T | None]]
) -> Operation[T]:
    """Run a write, and run it again if the commit is unknown.

    The first attempt may still be running, so a query alone could miss it.

    Arguments:
        write: waits for an earlier attempt that still runs; is refused, or finds nothing, if that one was stored.
        find_stored: returns the result of a stored write; None if it is not stored.
    Raises:
        CommitUnknown: the server did not come back in time.
    """

    def attempt(commit_unknown: bool) -> Operation[T]:
        try:
            return (yield from write())
        except (ConstraintViolation, NotFound):
            stored = (yield from find_stored()) if commit_unknown else None
            if stored is None:
                raise
            return stored

    return (yield from retry_unknown_commit(attempt))


def retry_unknown_commit(attempt: Callable[[bool], Operation[T]]) -> Operation[T]:
    """Run a write, and run it again if the commit is unknown.

    Arguments:
        attempt: the write. Its argument says whether an earlier attempt may be stored.
    Raises:
        CommitUnknown: the server did not come back in time.
    """
    unknown: CommitUnknown | None = None
    for _ in range(ATTEMPTS):
        try:
            return (yield from attempt(unknown is not None))
        except CommitUnknown as error:
            unknown = error
        except (ConnectionLost, TransientError):
            if unknown is None:
                raise  # nothing is stored: the driver retries
        except ConnectionFailed as error:
            if unknown is None:
                raise  # its cause is the driver's error
            raise unknown from error
    assert unknown is not None
    raise unknown
