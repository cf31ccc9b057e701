"""The projection: the current state, and the state at a past time.

Each read takes `read_after`, the position of an event that the result must include, for example an event that the
caller has just stored. A standby may not have received it yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from hostsdb import rows
from hostsdb.errors import InvalidData, NotFound, QueryFailed
from hostsdb.model import HostEntry, HostFilter
from hostsdb.operations.retry import retry_idempotent
from hostsdb.operations.steps import Operation, Statement, in_transaction, run

T = TypeVar("T")

_PAGE = 2_000


class NotYetThere(QueryFailed):
    """The log of this server ends before a position. Another server has, or had, the event."""


def health_check() -> Operation[bool]:
    """Return True if the database answers and has the tables of hostsdb.

    Raises:
        ConnectionFailed: the database does not answer.
        QueryFailed: a table is missing, or may not be read.
    """
    yield from run("health_check")
    return True


def list_all(*, read_after: int | None = None) -> Operation[list[HostEntry]]:
    """Return all live hosts, ordered by the bytes of ip_address, then of hostname."""
    yield from _reach(read_after)
    found = yield from run("list_all")
    return rows.entries(found)


def map_all(make: Callable[[HostEntry], T], *, read_after: int | None = None) -> Operation[list[T]]:
    """Return the results of a function for all live hosts, ordered by id, from one snapshot of the database.

    The hosts are read in pages. Memory holds the results and one page.

    Arguments:
        make: called with each host.
    """
    yield from _reach(read_after)
    return (yield from retry_idempotent(in_transaction(_mapped(make), begin="begin_reading")))


def _mapped(make: Callable[[HostEntry], T]) -> Operation[list[T]]:
    made: list[T] = []
    after = ""
    # Not `run`: the id of an unreadable row may be a text that run refuses.
    while found := (yield Statement("entries_after", {"id": after, "limit": _PAGE})):
        made += map(make, rows.entries(found))
        after = found[-1][0]
    return made


def get_by_id(id: str, *, read_after: int | None = None) -> Operation[HostEntry]:
    """Return a live host.

    Raises:
        NotFound: there is no host with this id, or it is deleted.
    """
    yield from _reach(read_after)
    found = yield from run("get_by_id", id=id)
    if not found:
        raise NotFound(kind="host", id=id)
    return rows.entry(found[0])


def find_by_ip_and_hostname(
    ip: str, hostname: str, *, read_after: int | None = None
) -> Operation[HostEntry | None]:
    """Return the live host with this address and hostname, or None. Both are compared as they are stored."""
    yield from _reach(read_after)
    found = yield from run("find_by_ip_and_hostname", ip_address=ip, hostname=hostname)
    return rows.entry(found[0]) if found else None


def search(filter: HostFilter, *, read_after: int | None = None) -> Operation[list[HostEntry]]:
    """Return the live hosts that match a filter, in the order of list_all.

    Raises:
        InvalidData: a field of the filter is not valid.
    """
    if isinstance(filter.tags, str):
        raise InvalidData("tags must be a sequence of texts, not a single text")
    yield from _reach(read_after)
    pattern = rows.text(filter.hostname_pattern or "") or ""
    folded = pattern.casefold()
    tags = {rows.text(tag) or "" for tag in filter.tags or ()}
    found = yield from run(
        "search",
        ip_pattern=rows.text(filter.ip_pattern or ""),
        ip_prefix=rows.text(filter.ip_prefix or ""),
        ip_prefix_end=_prefix_end(filter.ip_prefix or ""),
        hostname_pattern=folded,
        tags=rows.to_json([rows.to_json(tag) for tag in tags]),
    )
    return [
        e
        # A candidate that cannot be read is reported only if it matches as it is stored.
        for e in rows.entries(found, lambda row: folded in f"{row[2]} {row[5]}".casefold())
        if any(folded in name.casefold() for name in (e.hostname, *e.aliases)) and tags.issubset(e.tags)
    ]


def _prefix_end(prefix: str) -> str | None:
    """Return the least text that is greater than every text with a prefix; None if there is none."""
    head = prefix.rstrip(chr(0x10FFFF))
    if not head:
        return None
    # No text has a surrogate: U+D7FF is followed by U+E000.
    following = 0xE000 if head[-1] == chr(0xD7FF) else ord(head[-1]) + 1
    return head[:-1] + chr(following)


def get_at_time(moment: datetime, *, read_after: int | None = None) -> Operation[list[HostEntry]]:
    """Return the hosts that were live at a time, as they were then.

    Arguments:
        moment: only events with created_at at or before it count; a datetime with a time zone.
    Raises:
        InvalidData: the datetime has no time zone.
    """
    yield from _reach(read_after)
    found = yield from run("get_at_time", moment=rows.moment_text(moment))
    return rows.entries(found)


def list_tags() -> Operation[dict[str, int]]:
    """Return the number of live hosts by tag, ordered by the bytes of the tag."""
    found = yield from run("list_tags")
    tags_of = rows.readable(found, lambda row: rows.tags(row[1]), "host", ("id", "tags"))
    counts = Counter(tag for tags in tags_of for tag in tags)
    return dict(sorted(counts.items()))


def _reach(position: int | None) -> Operation[None]:
    if position is None:
        return
    ((reached,),) = yield from run("reaches_position", position=position)
    if not reached:
        raise NotYetThere(
            f"the log does not reach position {position}; check whether a standby was promoted that lacked the "
            "event, or a backup was restored"
        )
