"""Notifications of commits for engines that have none: a change token is read many times a second."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from time import monotonic
from typing import Any

from hostsdb.engines.calls import Calls
from hostsdb.operations.steps import Rows, run

_INTERVAL = 0.05  # seconds


class Polling:
    """Gives notifiers that poll.

    Arguments:
        run_operation, sleep: run an operation on the engine, and wait, in the caller's style.
        interval: between two polls, in seconds.
    """

    def __init__(
        self, run_operation: Callable[..., Any], sleep: Callable[[float], Any], interval: float = _INTERVAL
    ) -> None:
        self._run = run_operation
        self._sleep = sleep
        self._interval = interval

    def watching(self) -> nullcontext[_Poller]:
        """Give a notifier for one watcher."""
        return nullcontext(_Poller(self._run, self._sleep, self._interval))

    def close(self) -> None:
        """Do nothing: there is no connection of its own."""


class _Poller:
    def __init__(
        self, run_operation: Callable[..., Any], sleep: Callable[[float], Any], interval: float
    ) -> None:
        self._run = run_operation
        self._sleep = sleep
        self._interval = interval
        self._token: Rows | None = None

    def wait(self, seconds: float) -> Calls[bool]:
        """Return whether the change token changed. The first one counts as a change."""
        end = monotonic() + seconds
        while True:
            before, self._token = self._token, (yield self._run(lambda: run("change_token")))
            if self._token != before:
                return True
            left = end - monotonic()
            if left <= 0:
                return False
            yield self._sleep(min(left, self._interval))
