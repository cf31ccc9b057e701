"""Add a page of a log to DuckDB, where one statement cannot add an event and its successor.

A statement takes milliseconds on DuckDB, however few events it inserts. One statement per event would take hours. So
events are added in generations: each generation has the next event of every host. Positions are reserved before, in
the order of the log. A reader sees all events of the page, or none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from hostsdb import rows
from hostsdb.operations.steps import Load, Operation, run

Row = tuple[Any, ...]
_Pair = tuple[str, str]

_HOST, _TYPE, _IP, _HOSTNAME = map(
    rows.EVENT_COLUMNS.index, ("aggregate_id", "event_type", "ip_address", "hostname")
)
_PAIR_CHANGES = {"IpAddressChanged", "HostnameChanged", "HostDeleted"}


def in_generations(events: list[Row]) -> Operation[None]:
    """Add events in the current transaction.

    Arguments:
        events: rows without positions, in the order of the log.
    Raises:
        ConstraintViolation: the database refused one of them.
    """
    reserved = yield from run("reserve_positions", count=len(events))
    positions = sorted(position for (position,) in reserved)
    moving = {row[_HOST] for row in events if row[_TYPE] in _PAIR_CHANGES}
    found = yield from run("pairs_by_id", ids=rows.to_json(sorted(moving)))
    pairs = {host: (ip_address, hostname) for host, ip_address, hostname in found}
    yield from run("suspend_positions")
    for generation in generations(events, positions, pairs):
        yield Load("copy_events", generation)
    yield from run("rebuild_head")
    yield from run("resume_positions")


def generations(events: list[Row], positions: Iterable[int], pairs: dict[str, _Pair]) -> list[list[Row]]:
    """Return the events with their positions, split into generations.

    An event is in a later generation than its predecessor. If it takes a pair (ip_address, hostname), it is in a
    later generation than the event that frees the pair.

    Arguments:
        events: a page of a log, in its order.
        positions: a position for each of them.
        pairs: the pairs before the page, at least of the hosts that the page moves or deletes.
    """
    pairs = dict(pairs)
    host_until: dict[str, int] = defaultdict(lambda: -1)
    freed_in: dict[_Pair, int] = defaultdict(lambda: -1)
    sorted_out: dict[int, list[Row]] = defaultdict(list)
    for row, position in zip(events, positions, strict=True):
        host = row[_HOST]
        before, after = pairs.get(host), _pair_after(row, pairs.get(host))
        number = host_until[host] + 1
        if after is not None and after != before:
            number = max(number, freed_in[after] + 1)
        if before is not None and after != before:
            freed_in[before] = number
        host_until[host] = number
        if after is None:
            pairs.pop(host, None)
        else:
            pairs[host] = after
        sorted_out[number].append((*row, position))
    return [sorted_out[number] for number in sorted(sorted_out)]


def _pair_after(row: Row, before: _Pair | None) -> _Pair | None:
    """Return the pair of a host after an event; None if the host is deleted, or its pair is not known."""
    if row[_TYPE] == "HostCreated":
        return row[_IP], row[_HOSTNAME]
    if row[_TYPE] == "HostDeleted" or before is None:
        return None
    return row[_IP] or before[0], row[_HOSTNAME] or before[1]
