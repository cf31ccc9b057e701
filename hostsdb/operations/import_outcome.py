"""The outcome of an import. Its records can be read only once, so an import that has failed cannot run again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from hostsdb import rows
from hostsdb.engine_errors import CommitUnknown, ConnectionLost, ConstraintViolation, TransientError
from hostsdb.errors import ConnectionFailed, QueryFailed, StorageError
from hostsdb.formats.record import Record
from hostsdb.model import ImportSummary
from hostsdb.operations.retry import run_until
from hostsdb.operations.steps import Operation, run

T = TypeVar("T")

# How often to ask whether the transaction of an import has ended, if its commit is unknown.
_ATTEMPTS = 100


@dataclass
class Outcome:
    """The result of an import, and how to find it in the log.

    Attributes:
        event_prefix: the ids of the events that add hosts begin with it.
        event_ids: the ids of the other events.
        summary: None until everything is done except the commit.
    """

    event_prefix: str = ""
    event_ids: list[str] = field(default_factory=list)
    summary: ImportSummary | None = None


def is_stored(outcome: Outcome, unknown: CommitUnknown) -> Operation[bool]:
    """Return whether an import is in the log, after its commit. It waits for the end of its transaction.

    Raises:
        CommitUnknown: `unknown`, because the transaction still runs.
    """
    added = outcome.summary is not None and outcome.summary.added
    if not added and not outcome.event_ids:
        return True  # there was nothing to store
    locked = yield from run_until(
        lambda found: found[0][0], _ATTEMPTS, "lock_import", event_prefix=outcome.event_prefix
    )
    if not locked[0][0]:
        raise unknown
    if added:
        return bool((yield from run("first_event_with_prefix", event_prefix=outcome.event_prefix)))
    return bool((yield from run("events_by_id", event_ids=rows.to_json(outcome.event_ids[:1]))))


class Stream:
    """Records that can be read only once.

    Attributes:
        is_read: whether their reading has begun.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        self._records = records
        self.is_read: bool = False

    def __iter__(self) -> Iterator[Record]:
        self.is_read = True
        yield from self._records


def run_once(operation: Operation[T], stream: Stream) -> Operation[T]:
    """Run an operation that the driver must not retry when the reading of its records has begun."""
    try:
        return (yield from operation)
    except (ConnectionLost, TransientError) as error:
        if not stream.is_read:
            raise
        raise not_imported(error) from error.__cause__
    except ConstraintViolation as error:
        raise not_imported(error) from error.__cause__


def not_imported(error: StorageError) -> StorageError:
    """Return the error for the caller of an import that has stored nothing."""
    if isinstance(error, ConnectionLost | CommitUnknown):
        return ConnectionFailed(f"{error.reason}; nothing was imported, import again")
    return QueryFailed(f"another writer was faster, nothing was imported; import again ({error})")
