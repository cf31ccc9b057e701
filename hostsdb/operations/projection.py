"""The projection: the current state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from hostsdb import rows
from hostsdb.columns import NOT_READABLE, storable
from hostsdb.errors import InvalidData, NotFound
from hostsdb.model import HostEntry, HostFilter
from hostsdb.names import canonical_hostname, canonical_ip, canonical_or_none
from hostsdb.networks import Network
from hostsdb.operations.reaching import reads_after
from hostsdb.operations.retry import retry_idempotent
from hostsdb.operations.steps import Operation, Statement, in_transaction, run
from hostsdb.rows import text
from hostsdb.unreadable import plain

T = TypeVar("T")

_PAGE = 2_000
_ALL = 2**63 - 1
# The address and the hostname of a host: its place in the order of list_all. No host has the first one.
_Place = tuple[str, str]
_FIRST: _Place = ("", "")


def health_check() -> Operation[bool]:
    """Return True if the database answers and has the tables of hostsdb.

    Raises:
        ConnectionFailed: the database does not answer.
        QueryFailed: a table is missing, or may not be read.
    """
    yield from run("health_check")
    return True


@reads_after
def list_all(*, read_after: int | None = None) -> Operation[list[HostEntry]]:
    """Return all live hosts, ordered by the bytes of ip_address, then of hostname."""
    found = yield from run("list_all")
    return rows.entries(found)


@reads_after
def map_all(make: Callable[[HostEntry], T], *, read_after: int | None = None) -> Operation[list[T]]:
    """Return the results of a function for all live hosts, ordered by id, from one snapshot of the database.

    The hosts are read in pages. Memory holds the results and one page.

    Arguments:
        make: called with each host.
    """
    return (yield from retry_idempotent(in_transaction(_mapped(make), begin="begin_reading")))


def _mapped(make: Callable[[HostEntry], T]) -> Operation[list[T]]:
    made: list[T] = []
    after = ""
    # Not `run`: the id of an unreadable row may be a text that run refuses.
    while found := (yield Statement("entries_after", {"id": after, "limit": _PAGE})):
        made += map(make, rows.entries(found))
        after = found[-1][0]
    return made


@reads_after
def get_by_id(id: str, *, read_after: int | None = None) -> Operation[HostEntry]:
    """Return a live host.

    Raises:
        NotFound: there is no host with this id, or it is deleted.
    """
    found = yield Statement("get_by_id", {"id": text(id)})  # `run` takes twice as long
    if not found:
        raise NotFound(kind="host", id=id)
    return rows.entry(found[0])


@reads_after
def find_by_ip_and_hostname(
    ip: str, hostname: str, *, read_after: int | None = None
) -> Operation[HostEntry | None]:
    """Return the live host with this address and hostname, or None.

    Arguments:
        ip, hostname: as they are stored, or in any written form that add_host takes.
    """
    found = yield _by_pair(ip, hostname)
    canonical = (ip, hostname) if found else (_canonical(canonical_ip, ip), _canonical_name(hostname))
    if canonical != (ip, hostname):
        found = yield _by_pair(*canonical)
    return rows.entry(found[0]) if found else None


def _by_pair(ip_address: str, hostname: str) -> Statement:
    return Statement("find_by_ip_and_hostname", {"ip_address": text(ip_address), "hostname": text(hostname)})


@reads_after
def search(
    filter: HostFilter,
    limit: int | None = None,
    after: HostEntry | None = None,
    *,
    read_after: int | None = None,
) -> Operation[list[HostEntry]]:
    """Return the live hosts that match a filter, in the order of list_all.

    To read page by page, give the last host of a page as `after`. A host that others add or delete between two pages
    moves no other host to another page.

    Arguments:
        filter: the conditions.
        limit: the maximum number of hosts; None: all.
        after: only return hosts that come after this one in the order of list_all.
    Raises:
        InvalidData: a field of the filter is not valid, or limit is negative.
    """
    if limit is not None and limit < 0:
        raise InvalidData(f"limit must not be negative: {limit}")
    start = (after.ip_address, after.hostname) if after else _FIRST
    matching = _Matching(filter)
    found: list[HostEntry] = []
    place: _Place | None = max(start, matching.first)
    size = _ALL if limit is None else limit
    while place is not None and (limit is None or len(found) < limit):
        page, place = yield from matching.page(place, size)
        found += page
        size = max(size, _PAGE)
    return found[:limit]


@reads_after
def count(filter: HostFilter | None = None, *, read_after: int | None = None) -> Operation[int]:
    """Return the number of live hosts that match a filter; without a filter, of all live hosts.

    With a filter the matching hosts are read, in pages.

    Raises:
        InvalidData: a field of the filter is not valid.
    """
    if filter is None:
        ((number,),) = yield from run("count_entries")
        return int(number)
    matching = _Matching(filter)
    place: _Place | None = matching.first
    total = 0
    while place is not None:
        page, place = yield from matching.page(place, _PAGE)
        total += len(page)
    return total


class _Matching:
    """The search for the hosts that match a filter.

    Attributes:
        first: no matching host comes before this place.
    """

    def __init__(self, filter: HostFilter) -> None:
        self._pattern = (rows.text(filter.hostname_pattern) or "").casefold()
        self._hostname = _canonical_name(rows.text(filter.hostname) or "")
        self._tags = {rows.text(tag) or "" for tag in filter.tags or ()}
        self._unwanted = {rows.text(tag) or "" for tag in filter.without_tags or ()}
        self._network = None if filter.network is None else Network(filter.network)
        # The text that all addresses of a network begin with finds them by the index. Each row is compared below.
        prefix = rows.text(filter.ip_prefix) or (self._network.prefix if self._network else "")
        self.first: _Place = (prefix, "")
        self._parameters = {
            "ip_pattern": rows.text(filter.ip_pattern) or "",
            "ip_prefix_end": prefix_end(prefix),
            "hostname_pattern": self._pattern,
            "hostname": self._hostname.casefold(),
            "tags": rows.to_json([rows.to_json(tag) for tag in self._tags]),
            # Between two tags stands `","`, which looks like a tag that is a comma.
            "without_tags": rows.to_json([rows.to_json(tag) for tag in self._unwanted if "," not in tag]),
        }

    def page(self, place: _Place, size: int) -> Operation[tuple[list[HostEntry], _Place | None]]:
        """Return the matching hosts among the next candidates, and the place of the last one; None at the end."""
        after = {"after_ip": place[0], "after_hostname": place[1]}
        found = yield from run("search", **self._parameters, **after, limit=size)
        within = [row for row in found if self._network is None or str(plain(row)[1]) in self._network]
        candidates = rows.entries(within, self._concerns)
        page = list(filter(self._matches, candidates))
        if len(found) < size:
            return page, None
        try:
            return page, (storable(found[-1][1]), storable(found[-1][2]))
        except NOT_READABLE:  # the next statement could not begin after this row
            return (yield from self.page(place, _ALL))

    def _concerns(self, row: rows.Row) -> bool:
        """Return whether to report a candidate that cannot be read: it matches as it is stored."""
        names = f"{row[2]} {row[5]}".casefold()
        return self._pattern in names and self._hostname.casefold() in names

    def _matches(self, entry: HostEntry) -> bool:
        names = (entry.hostname, *entry.aliases)
        return (
            any(self._pattern in name.casefold() for name in names)
            and (not self._hostname or any(_canonical_name(name) == self._hostname for name in names))
            and self._tags.issubset(entry.tags)
            and self._unwanted.isdisjoint(entry.tags)
        )


def _canonical(canonical: Callable[[str], str], text: str) -> str:
    """Return a text in canonical form; in lower case if it has none. The log may have any text."""
    return canonical_or_none(canonical, text) or text.lower()


_canonical_name = partial(_canonical, canonical_hostname)


def prefix_end(prefix: str) -> str | None:
    """Return the least text that is greater than every text with a prefix; None if there is none."""
    head = prefix.rstrip(chr(0x10FFFF))
    if not head:
        return None
    # No text has a surrogate: U+D7FF is followed by U+E000.
    following = 0xE000 if head[-1] == chr(0xD7FF) else ord(head[-1]) + 1
    return head[:-1] + chr(following)


def list_tags() -> Operation[dict[str, int]]:
    """Return the number of live hosts by tag, ordered by the bytes of the tag."""
    found = yield from run("list_tags")
    tags_of = rows.readable(found, lambda row: rows.tags(row[1]), "host", ("id", "tags"))
    counts = Counter(tag for tags in tags_of for tag in tags)
    return dict(sorted(counts.items()))
