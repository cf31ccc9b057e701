"""Reads on a standby, or on the primary if the standby cannot serve them."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

from hostsdb.engine_errors import TransientError
from hostsdb.engines.calls import Calls
from hostsdb.errors import ConnectionFailed
from hostsdb.operations.reaching import NotYetThere
from hostsdb.operations.steps import Operation
from hostsdb.reports import warn

T = TypeVar("T")

# How long an unreachable standby is not used, in seconds: each read would wait for it.
_UNUSED_FOR = 5.0
# How often to check whether the standby has caught up, in seconds.
_INTERVAL = 0.01


class Reader:
    """Runs reads on a standby, if there is one.

    The primary serves a read if the standby is unreachable, lags behind, or cancels the read again and again.

    `run` and `sleep` run an operation on an engine, and wait, in the caller's style.
    """

    def __init__(self, database: Any, run: Callable[..., Any], sleep: Callable[..., Any]) -> None:
        self._standby = database.standby
        self._primary = database.engine
        self._run = run
        self._sleep = sleep
        self._not_before = 0.0

    def read(self, operation: Callable[[], Operation[T]]) -> Calls[T]:
        """Run an operation. Repeat it while the standby lags behind."""
        started = monotonic()
        if self._standby is not None and started >= self._not_before:
            try:
                while True:
                    try:
                        return (yield self._run(self._standby, operation))  # type: ignore[no-any-return]
                    except NotYetThere:
                        if monotonic() - started >= self._standby.retry_timeout:
                            break
                    yield self._sleep(_INTERVAL)
            except ConnectionFailed as error:
                warn(f"the primary serves reads for {_UNUSED_FOR:.0f} s, because the standby failed: {error}")
                self._not_before = monotonic() + _UNUSED_FOR
            except TransientError:
                pass
        return (yield self._run(self._primary, operation))  # type: ignore[no-any-return]
