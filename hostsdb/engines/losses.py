"""A connection that broke, told apart by what it means for what was asked on it."""

from __future__ import annotations

from time import monotonic

from hostsdb.errors import ConnectionFailed


class ConnectionLost(ConnectionFailed):
    """The connection broke, and nothing that was asked on it is stored: the same again is safe.

    Arguments:
        words: the driver's.
        since: the moment of time.monotonic() at which it broke; None: now.
    """

    def __init__(self, words: str, since: float | None = None) -> None:
        self.words = words
        self.since = monotonic() if since is None else since
        super().__init__(words)


class AnswerLost(ConnectionFailed):
    """The connection broke before the answer to a write came: it may be stored, now or in a moment, or not.

    Arguments:
        words: the driver's.
        since: as of ConnectionLost.
    """

    def __init__(self, words: str, since: float | None = None) -> None:
        self.words = words
        self.since = monotonic() if since is None else since
        super().__init__(
            f"{words}; the answer to a write was lost: look whether it is stored before repeating it"
        )
