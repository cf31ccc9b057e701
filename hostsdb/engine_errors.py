"""What an engine reports, before an operation puts it in the words of the user."""

from __future__ import annotations

from time import monotonic

from hostsdb.constraints import describe
from hostsdb.errors import ConnectionFailed, QueryFailed, StorageError


class ConstraintViolation(QueryFailed):
    """A constraint or a trigger of the schema refused a statement.

    Arguments (and attributes):
        constraint: its name in the schema, the same on every engine.
        message: the engine's message, for a constraint without a sentence in hostsdb.constraints.
    """

    def __init__(self, constraint: str, message: str) -> None:
        self.constraint = constraint
        super().__init__(describe(constraint, message))


class TransientError(QueryFailed):
    """Another transaction was in the way, and nothing of this one is stored. A retry may succeed.

    Arguments (and attributes):
        final: the error to raise if there is no other retry; None: this one.
    """

    def __init__(self, message: str, final: StorageError | None = None) -> None:
        self.final = final
        super().__init__(message)


class _ConnectionBroken(ConnectionFailed):
    """A connection broke.

    Arguments (and attributes):
        reason: the driver's message.
        since: the time.monotonic() at which it broke; None: now.
    """

    advice = ""

    def __init__(self, reason: str, since: float | None = None) -> None:
        self.reason = reason
        self.since: float = monotonic() if since is None else since
        super().__init__(reason + self.advice)


class ConnectionLost(_ConnectionBroken):
    """The connection broke, and nothing of the statement or transaction is stored. A retry is safe.

    Arguments (and attributes):
        reason, since: see _ConnectionBroken.
        is_read_only: the server works, and refused to write: it is a standby, or read-only for the moment. The
            connection is given up. A retry needs a server that accepts writes.
    """

    def __init__(self, reason: str, since: float | None = None, *, is_read_only: bool = False) -> None:
        self.is_read_only = is_read_only
        super().__init__(reason, since)


class CommitUnknown(_ConnectionBroken):
    """The connection broke before the result of a write arrived: the outcome of the commit is unknown."""

    advice = "; the outcome of the commit is unknown: check whether the change is stored before you repeat it"
