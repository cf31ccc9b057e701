"""Compare a copy with its source while the copy goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

from hostsdb.copying.comparing import Different, check_copy
from hostsdb.copying.log import LogCopy
from hostsdb.copying.queries import Place
from hostsdb.copying.sides import Side, open_sides
from hostsdb.copying.snapshots import copy_snapshots
from hostsdb.errors import StorageError

# After an attempt that could not reach a database, in seconds.
_AGAIN = 60.0
# How often to interrupt a comparison that is to stop, with 0.1 seconds between two attempts.
_STOP_ATTEMPTS = 50


class Verification:
    """Compares a copy with its source again and again, in a thread and on connections of its own.

    Arguments:
        source_url, destination_url: the two databases.
        every: the time between two comparisons, in seconds; None: never compare.
    """

    def __init__(self, source_url: str, destination_url: str, every: float | None) -> None:
        self._urls = source_url, destination_url
        self._every = every
        self._due = monotonic()
        self._running: _Comparison | None = None

    def stop(self) -> None:
        """End a comparison that runs."""
        running, self._running = self._running, None
        if running is not None:
            running.stop()

    def proceed(self, copy: LogCopy, report: Callable[[str], None]) -> None:
        """Begin a comparison if it is time, and report one that is done.

        Arguments:
            copy: how far the copy has come.
            report: called with a line about a comparison without a difference.
        Raises:
            Different: the copy differs from its source.
        """
        if self._every is None:
            return
        if self._running is None:
            if monotonic() >= self._due:
                self._running = _Comparison(self._urls, copy.place)
            return
        if self._running.is_alive():
            return
        done, self._running = self._running, None
        self._due = monotonic() + self._every
        if isinstance(done.error, Different):
            # Events may have been erased meanwhile. Now nothing is copied.
            copy.proceed(None)
            check_copy(copy.source, copy.destination, copy.place, lambda compared: None)
        elif done.error is not None:
            self._due = min(self._due, monotonic() + _AGAIN)
            return
        copy_snapshots(copy)
        report(f"verified: the first {done.place.events} events, and all snapshots, are those of the source")


class _Comparison(threading.Thread):
    """One comparison.

    Attributes:
        place: up to which event it compares.
        error: what it has found, or why it could not go on.
    """

    def __init__(self, urls: tuple[str, str], place: Place) -> None:
        super().__init__(name="hostsdb copy: verification", daemon=True)
        self._urls = urls
        self._sides: tuple[Side, ...] = ()
        self._is_stopped = False
        self.place = place
        self.error: StorageError | None = None
        self.start()

    def run(self) -> None:
        """Compare."""
        try:
            with open_sides(*self._urls) as sides:
                self._sides = sides
                check_copy(*sides, self.place, self._proceed)
        except StorageError as error:
            self.error = error
        except KeyboardInterrupt:  # DuckDB's answer to an interrupt
            pass

    def _proceed(self, compared: int) -> None:
        if self._is_stopped:
            raise StorageError("stopped")

    def stop(self) -> None:
        """Stop it, and wait for its end. The engines cannot be left while a thread runs in them."""
        self._is_stopped = True
        for _ in range(_STOP_ATTEMPTS):
            for side in self._sides:
                side.interrupt()
            self.join(0.1)
            if not self.is_alive():
                return
