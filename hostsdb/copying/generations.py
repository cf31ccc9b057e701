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
from hostsdb.copying.queries import Erased
from hostsdb.operations.generations import FREEING, Pair, number_generations
from hostsdb.operations.steps import Load, Operation, run

Row = tuple[Any, ...]

_HOST, _TYPE, _IP, _HOSTNAME = map(
    rows.EVENT_COLUMNS.index, ("aggregate_id", "event_type", "ip_address", "hostname")
)


def in_generations(events: list[Row]) -> Operation[None]:
    """Add events in the current transaction, whose guards are suspended.

    Arguments:
        events: rows without positions, or Erased, in the order of the log.
    Raises:
        ConstraintViolation: the database refused one of them.
    """
    reserved = yield from run("reserve_positions", count=len(events))
    places = list(zip(events, sorted(position for (position,) in reserved), strict=True))
    if erased := [(position, row.event_id, row.leaf) for row, position in places if isinstance(row, Erased)]:
        yield Load("copy_erased_events", erased)
    stored = [place for place in places if not isinstance(place[0], Erased)]
    moving = {row[_HOST] for row, _ in stored if row[_TYPE] in FREEING}
    found = yield from run("pairs_by_id", ids=rows.to_json(sorted(moving)))
    pairs = {host: (ip_address, hostname) for host, ip_address, hostname in found}
    for generation in generations(*_unzipped(stored), pairs):
        yield Load("copy_events", generation)


def _unzipped(places: list[tuple[Row, int]]) -> tuple[list[Row], list[int]]:
    return [row for row, _ in places], [position for _, position in places]


def generations(events: list[Row], positions: Iterable[int], pairs: dict[str, Pair]) -> list[list[Row]]:
    """Return the events with their positions, split into generations; see number_generations.

    Arguments:
        events: a page of a log, in its order.
        positions: a position for each of them.
        pairs: the pairs before the page, at least of the hosts that the page moves or deletes.
    """
    numbers = number_generations(
        ((row[_HOST], row[_TYPE], row[_IP], row[_HOSTNAME]) for row in events), pairs
    )
    sorted_out: dict[int, list[Row]] = defaultdict(list)
    for row, position, number in zip(events, positions, numbers, strict=True):
        sorted_out[number].append((*row, position))
    return [sorted_out[number] for number in sorted(sorted_out)]
