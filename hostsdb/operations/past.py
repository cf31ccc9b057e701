"""The state at a past time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from hostsdb import rows
from hostsdb.model import HostEntry
from hostsdb.operations.reaching import reads_after
from hostsdb.operations.retry import retry_idempotent
from hostsdb.operations.steps import Operation, Statement, ask_dialect, in_transaction, run

T = TypeVar("T")

# How many hosts SQLite and DuckDB fold at once. DuckDB scans the log for each page, so it is larger than other pages.
_PAGE = 20_000


@reads_after
def get_at_time(moment: datetime, *, read_after: int | None = None) -> Operation[list[HostEntry]]:
    """Return the hosts that were live at a time, as they were then.

    Arguments:
        moment: only events with created_at at or before it count; a datetime with a time zone.
    Raises:
        InvalidData: the datetime has no time zone.
    """
    found = yield from run("get_at_time", moment=rows.moment_text(moment))
    return rows.entries(found)


@reads_after
def map_at_time(
    moment: datetime, make: Callable[[HostEntry], T], *, read_after: int | None = None
) -> Operation[list[T]]:
    """Return the results of a function for the hosts that were live at a time, in no particular order.

    The hosts are read in pages, from one snapshot of the database. Memory holds the results and one page.

    Arguments:
        moment: as for get_at_time.
        make: called with each host.
    Raises:
        InvalidData: the datetime has no time zone.
    """
    then = rows.moment_text(moment)
    by_dialect = _fetched if (yield from ask_dialect()) == "postgres" else _folded
    return (yield from retry_idempotent(in_transaction(by_dialect(then, make), begin="begin_reading")))


def _fetched(moment: str, make: Callable[[HostEntry], T]) -> Operation[list[T]]:
    """Read the hosts from a cursor."""
    made: list[T] = []
    yield from run("map_at_time", moment=moment)
    while found := (yield from run("fetch_at_time")):
        made += map(make, rows.entries(found))
    yield from run("close_at_time")
    return made


def _folded(moment: str, make: Callable[[HostEntry], T]) -> Operation[list[T]]:
    """Fold the events of one page of hosts after the other."""
    made: list[T] = []
    after = ""
    while True:
        # Not `run`: the id of an unreadable row may be a text that run refuses.
        ((until,),) = yield Statement("hosts_page_end", {"after": after, "limit": _PAGE})
        if until is None:
            return made
        found = yield Statement("map_at_time", {"moment": moment, "after": after, "until": until})
        made += map(make, rows.entries(found))
        after = until
