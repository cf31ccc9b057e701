"""A reader's place in the log, also after the log was rewound: a backup was restored, or a failover lost events."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from time import monotonic

from hostsdb.errors import QueryFailed
from hostsdb.model import StoredEvent
from hostsdb.operations.events import log_end
from hostsdb.operations.matching import EventFilter, next_events
from hostsdb.operations.steps import Operation, ask_dialect, run
from hostsdb.reports import notify
from hostsdb.rows import to_json

# How many events SQLite and DuckDB readers remember, to find the place at which a restored log continues.
_REMEMBERED = 1000
# How often PostgreSQL is asked while there are no events, in seconds.
_INTERVAL = 1.0
# After a failover or a restore, PostgreSQL's positions are this far ahead; see migrations/postgres/0002_positions.sql.
_RAISED = 1_000_000 << 22


class Place:
    """How far a reader of the log has come.

    On PostgreSQL new events have higher positions than all events that were lost. On SQLite and DuckDB positions are
    assigned again after a restore. So the reader remembers what it has read.

    Attributes:
        position: the position up to which the log was read.
    """

    def __init__(self, position: int) -> None:
        self.position: int = position
        self._seen: deque[tuple[int, str]] | None = None
        self._next_check = 0.0

    def next_events(self, limit: int, wanted: EventFilter) -> Operation[list[StoredEvent]]:
        """Return the next matching events; see matching.next_events. If the log was rewound, report it and go back.

        The position moves past the events.
        """
        if self._seen is None:
            yield from refuse_subscriber()
            self._seen = yield from _seen_until(self.position)
        events, position = yield from next_events(self.position, limit, wanted)
        if (yield from self._must_check(events)) and (yield from self._was_rewound()):
            yield from self._go_back()
            events, position = yield from next_events(self.position, limit, wanted)
        yield from self._remember(events, position)
        return events

    def _must_check(self, events: list[StoredEvent]) -> Operation[bool]:
        if (yield from ask_dialect()) != "postgres":
            return True
        if events:
            return events[0].position >= self.position + _RAISED
        return monotonic() >= self._next_check

    def _was_rewound(self) -> Operation[bool]:
        self._next_check = monotonic() + _INTERVAL
        return not (yield from _has(self.position, self._seen[-1] if self._seen else None))

    def _go_back(self) -> Operation[None]:
        lost = self.position
        if (yield from ask_dialect()) == "postgres":
            self.position = yield from existing_position(lost, is_reported=False)
        else:
            self.position = yield from _newest_known(self._seen or ())
        self._seen = yield from _seen_until(self.position)
        _report(lost, self.position)

    def _remember(self, events: list[StoredEvent], position: int) -> Operation[None]:
        new = [(event.position, event.event_id) for event in events]
        if position > (
            new[-1][0] if new else self.position
        ):  # events that do not match the filter were read, too
            new = [*(yield from _seen_until(position, 1))]
        assert self._seen is not None
        self._seen.extend(new)
        self.position = position


def refuse_subscriber() -> Operation[None]:
    """Refuse a database that gets its events by PostgreSQL's logical replication: a follower would miss some of them.

    Raises:
        QueryFailed: it is one.
    """
    if (yield from ask_dialect()) != "postgres":
        return
    ((is_subscriber,),) = yield from run("is_subscriber")
    if is_subscriber:
        raise QueryFailed(
            "this database gets its events by logical replication, not in the order of their positions; follow the "
            "publisher, or drop the subscription first"
        )


def existing_position(position: int, *, is_reported: bool = True) -> Operation[int]:
    """Return a position of a reader, or the end of the log if the log ends before it. Report that.

    On a standby the position may come later, and is returned.
    """
    if (yield from _has(position, None)):
        return position
    end = yield from log_end()
    if is_reported:
        _report(position, end)
    return end


def _has(position: int, event: tuple[int, str] | None) -> Operation[bool]:
    if position <= 0:  # no event has been read
        return True
    place, event_id = event or (-1, "")
    ((has_position, has_event, is_standby),) = yield from run(
        "log_has", position=position, event_position=place, event_id=event_id
    )
    return bool(is_standby or (has_position and (has_event or event is None)))


def _seen_until(position: int, limit: int | None = None) -> Operation[deque[tuple[int, str]]]:
    if limit is None:
        limit = 1 if (yield from ask_dialect()) == "postgres" else _REMEMBERED
    found = yield from run("seen_events", position=position, limit=limit)
    return deque(((place, event_id) for place, event_id in reversed(found)), _REMEMBERED)


def _newest_known(seen: Iterable[tuple[int, str]]) -> Operation[int]:
    """Return the position of the newest of these events that the log still has; -1 if it has none of them."""
    found = yield from run("events_by_id", event_ids=to_json([event_id for _, event_id in seen]))
    return max((int(row[-1]) for row in found), default=-1)


def _report(lost: int, position: int) -> None:
    notify(
        f"the log was rewound: events up to position {lost} were read, and some of them no longer exist; a backup was "
        f"restored, or a standby without the newest events was promoted; continuing after position {position}"
    )
