"""Numbers for monitoring: the end of the log, what hides events from its readers, the lag of consumers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hostsdb.columns import NOT_READABLE
from hostsdb.operations.events import log_end
from hostsdb.operations.steps import Operation, ask_dialect, run
from hostsdb.rows import moment


@dataclass(frozen=True, slots=True)
class Holder:
    """The oldest write transaction of a PostgreSQL cluster. Readers of the log see no event that was added after it.

    Attributes:
        pid: the process id of its session; None for a prepared transaction.
        gid: the identifier of a prepared transaction; else None.
        application_name, database, role: of the session.
        state, since: what it does, and when the transaction began; None if the role may not see it.
    """

    pid: int | None
    gid: str | None
    application_name: str
    database: str | None
    role: str | None
    state: str | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class ConsumerLag:
    """A consumer and what it has not handled.

    Attributes:
        name, position, updated_at: as in Consumer.
        events_behind: the number of events that it has not handled; at most a million are counted.
        oldest_unhandled: the `created_at` of the first of them; None if there is none.
    """

    name: str
    position: int
    updated_at: datetime | None
    events_behind: int
    oldest_unhandled: datetime | None


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of which the database is a copy, and since when."""

    origin: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class LogStatus:
    """The state of the log.

    Attributes:
        end: the position up to which readers see all events for good; -1: none.
        newest: the position of the newest event; None: there is none.
        hidden_events: the number of events that readers do not see yet.
        horizon: readers only see events below this position; None on engines without one.
        held_by: the transaction that holds the horizon back; None if there is none.
        consumers: all consumers, ordered by name.
        replica_of: the origin, if the database is a replica.
    """

    end: int
    newest: int | None
    hidden_events: int
    horizon: int | None
    held_by: Holder | None
    consumers: tuple[ConsumerLag, ...]
    replica_of: Origin | None


def log_status() -> Operation[LogStatus]:
    """Return the state of the log."""
    end = yield from log_end()
    newest: int | None = end if end >= 0 else None
    hidden, horizon, holder = 0, None, None
    if (yield from ask_dialect()) == "postgres":
        ((horizon, newest, hidden, *session),) = yield from run("horizon")
        holder = _holder(*session)
    lags = yield from run("consumer_lag")
    origin = yield from run("get_origin")
    return LogStatus(
        end,
        newest,
        hidden,
        horizon,
        holder,
        tuple(
            ConsumerLag(name, position, _moment(at), behind, _moment(oldest))
            for name, position, at, behind, oldest in lags
        ),
        Origin(origin[0][0], _moment(origin[0][1])) if origin else None,
    )


def _holder(pid: int | None, gid: str | None, *session: Any) -> Holder | None:
    if pid is None and gid is None:
        return None
    application_name, database, role, state, since = session
    return Holder(pid, gid, application_name, database, role, state, _moment(since))


def _moment(value: Any) -> datetime | None:
    """Return a time; None for NULL and for what is no time."""
    try:
        return None if value is None else moment(value)
    except NOT_READABLE:
        return None
