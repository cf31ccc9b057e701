"""Keep a copy up to date: a replica that follows its origin, and refuses other writers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NoReturn

from hostsdb.copying.log import LogCopy
from hostsdb.copying.origin import CHANGED, mark, origin_of, unmark
from hostsdb.copying.queries import count_until
from hostsdb.copying.sides import Side, named, open_sides
from hostsdb.copying.snapshots import copy_snapshots
from hostsdb.copying.verification import Verification
from hostsdb.database.missing import refuse_missing_file
from hostsdb.engines.calls import finish
from hostsdb.errors import InvalidData, StorageError
from hostsdb.operations.retry import Backoff
from hostsdb.operations.steps import Rows, run
from hostsdb.url import parse_url

Report = Callable[[str], None]
Progress = Callable[[int, int], None]


class Replica:
    """A copy that follows its origin.

    Arguments:
        source_url, destination_url: the origin and its copy.
        verify_every: how often to compare them, in seconds; None: never.
        report: called with a line for the user.
    """

    def __init__(
        self, source_url: str, destination_url: str, verify_every: float | None, report: Report
    ) -> None:
        self._urls = source_url, destination_url
        self._report = report
        self._verification = Verification(source_url, destination_url, verify_every)
        self._opened: AbstractContextManager[tuple[Side, Side]] | None = None

    def refuse_missing(self) -> None:
        """Raise ConnectionFailed if the file of the source is missing, which waiting does not change."""
        with named("source"):
            refuse_missing_file(parse_url(self._urls[0]))

    def start(self, progress: Progress) -> None:
        """Mark the destination as a copy, and copy what it does not have.

        Arguments:
            progress: called with the number of copied events, and the number of all events.
        Raises:
            ConnectionFailed: one of them cannot be reached. Call it again later.
            StorageError: one of them cannot be opened, or the destination cannot become a copy of the source.
        """
        source, destination = self._open()
        _refuse_exclusive(source)
        copy = _marked(LogCopy(source, destination))
        total = source.run(count_until)
        events = copy.proceed(None, lambda done: progress(done, total))
        snapshots, _ = copy_snapshots(copy)
        self._report(
            f"copied {events} events and {snapshots} snapshots; following from event {copy.place.events} on"
        )

    def follow(self) -> NoReturn:
        """Copy each new event. After an error, call it again: it continues with what the destination has.

        Raises:
            ConnectionFailed, QueryFailed: one of them cannot be used at the moment.
            InvalidData: the source has lost what was copied, or the destination has a row that the source has not.
            StorageError: the copy differs from its source, or another process writes to it.
        """
        try:
            source, destination = self._open()
            copy = LogCopy(source, destination)
            if copy.origin is None:
                raise StorageError(CHANGED)
            backoff, token = Backoff(None), None
            with source.database.notifications.watching() as commits:
                while True:
                    if copy.proceed(None):
                        backoff.restart()
                    token = self._snapshots(copy, token)
                    self._verification.proceed(copy, self._report)
                    if destination.dialect == "duckdb":
                        destination.close()  # others can open the file until the next event comes
                    if finish(commits.wait(backoff.next_delay() or Backoff.LONGEST)):
                        # An event may become visible only when an older transaction has ended.
                        backoff.shorten()
        finally:
            self.close()

    def _snapshots(self, copy: LogCopy, token: tuple[Rows, int] | None) -> tuple[Rows, int] | None:
        """Copy the snapshots if there may be others than before. Return the token for the next call."""
        current = copy.source.run(run, "snapshots_token"), copy.place.erasures
        if current == token:
            return token
        _, later = copy_snapshots(copy, compare=token is None or token[1] != current[1])
        return None if later else current

    def _open(self) -> tuple[Side, Side]:
        self.close()
        opening = open_sides(*self._urls)
        sides = opening.__enter__()
        self._opened = opening
        return sides

    def close(self) -> None:
        """Close both databases, and end a comparison that runs."""
        self._verification.stop()
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.__exit__(None, None, None)


def _refuse_exclusive(source: Side) -> None:
    if source.dialect == "duckdb":
        raise InvalidData(
            "the source is a DuckDB file, to which nothing can write while this command has it open; run hostsdb copy "
            "without --follow after each change"
        )


def _marked(copy: LogCopy) -> LogCopy:
    """Mark the destination, if it is not marked yet."""
    if copy.origin is not None:
        return copy
    source, destination, origin = copy.source, copy.destination, origin_of(copy.source)
    mark(destination, origin)
    try:
        return LogCopy(source, destination)  # somebody may have written to it before it was marked
    except BaseException:
        unmark(destination, origin)
        raise
