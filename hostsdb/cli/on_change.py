"""Commands that run until they are stopped: retries, and export --follow."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable

from hostsdb import ConnectionFailed, Storage
from hostsdb.cli.terminal import to_stderr

# Between two attempts, in seconds. Each attempt already waits for acquire_timeout.
_PAUSE = 1.0
# Between two runs of a command that fails, in seconds: the first delay, and the longest.
_FIRST_DELAY, _LONGEST_DELAY = 1.0, 60.0
# An outage without a failed attempt for this long is over, in seconds.
_OUTAGE = 60.0


class _Outage(logging.Handler):
    """Prints one line for each outage of the database, in place of what the library and psycopg's pool log."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._last = -math.inf

    def emit(self, record: logging.LogRecord) -> None:
        """Print the line, unless this outage has it already."""
        last, self._last = self._last, time.monotonic()
        if self._last - last > _OUTAGE:
            to_stderr("hostsdb: waiting for the database")


_outage = _Outage()


def report_outages() -> None:
    """From now on, print one line for each outage of the database."""
    for name in ("hostsdb", "psycopg.pool"):
        logging.getLogger(name).addHandler(_outage)


def retry_forever(
    attempt: Callable[[], None], errors: tuple[type[Exception], ...] = (ConnectionFailed,)
) -> None:
    """Call `attempt` until it returns. After one of the errors, report it and call again."""
    report_outages()
    while True:
        try:
            return attempt()
        except BrokenPipeError:
            raise
        except ConnectionFailed as error:
            logging.getLogger("hostsdb").warning("%s", error)
            time.sleep(_PAUSE)
        except errors as error:
            to_stderr(f"hostsdb: {error}; trying again")
            time.sleep(_PAUSE)


class Follower:
    """Writes a file now and after each change of the hosts.

    Arguments:
        storage: the hosts.
        write: writes the current hosts; returns True if the file changed.
        react: called when the file changed, and once at the start, because an earlier process may have ended between
            `write` and `react`. If it returns False, it is called again later.
        debounce: how many seconds to wait for further changes after the first one.
    """

    def __init__(
        self, storage: Storage, write: Callable[[], bool], react: Callable[[], bool], debounce: float
    ) -> None:
        self._storage, self._write, self._react, self._debounce = storage, write, react, debounce
        self._delay: float | None = None  # until the next call of `react` after a failure

    def run(self) -> None:
        """Write until the process is stopped. This method does not return."""
        # Read before the hosts are read: a change in between is written twice, and never missed.
        self._written = self._storage.state_token()
        self._write()
        self._call_react()
        retry_forever(self._follow, (ConnectionFailed, OSError))

    def _follow(self) -> None:
        while True:
            delay = self._delay
            for _ in self._storage.watch_state(self._written, timeout=delay):
                self._write_change()
                break  # watch again, for what has changed since, and with the timeout that is due now
            else:
                self._call_react()

    def _write_change(self) -> None:
        time.sleep(self._debounce)
        state = self._storage.state_token()
        if self._write() or self._delay is not None:
            self._call_react()
        self._written = state

    def _call_react(self) -> None:
        if self._react():
            self._delay = None
        else:
            self._delay = min(self._delay * 2, _LONGEST_DELAY) if self._delay else _FIRST_DELAY
