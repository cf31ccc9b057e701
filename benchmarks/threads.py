"""Bar 22: appends per second by 32 threads of one process, which share a pool of ten connections."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import hostsdb
from benchmarks.appending import new_pair
from benchmarks.databases import Databases
from benchmarks.measuring import Figure, Record
from hostsdb import HostCreated, Storage
from hostsdb.ulids import new_id

_THREADS = 32


def threads(databases: Databases) -> Iterator[Record]:
    """Yield bar 22; beside it what one statement for the events of all threads gives."""
    sizes, url = databases.sizes, databases.empty("postgres", schema=True)
    with hostsdb.connect(url) as storage, hostsdb.connect(url) as apart:
        apart._database = replace(apart._database, combining=None)

        def round_() -> tuple[float, float, float]:
            return (
                _alone(storage, sizes.seconds),
                _alone(apart, sizes.seconds),
                _together(storage, sizes.seconds),
            )

        for _ in range(2):  # the pools are full, statements are prepared
            round_()
        rounds = [round_() for _ in range(sizes.rounds)]
    ours, each, together = (statistics.median(rates) for rates in zip(*rounds, strict=True))
    what = f"appends, {_THREADS} threads of one process"
    against = "the same, each append by its own statement"
    yield Figure(22, "postgres", what, against, ours, each, "events/s", ours / each, 2, at_least=True)
    against = f"append_batch of {_THREADS} hosts, one thread"
    yield Figure(22, "postgres", what, against, ours, together, "events/s", ours / together, None)


def _alone(storage: Storage, seconds: float) -> float:
    """Return the appends a second of all threads, one event a call."""
    end = time.monotonic() + seconds

    def appends(_: int) -> int:
        count = 0
        while time.monotonic() < end:
            storage.append_event(new_id(), _event())
            count += 1
        return count

    begun = time.monotonic()
    with ThreadPoolExecutor(_THREADS) as pool:
        count = sum(pool.map(appends, range(_THREADS)))
    return count / (time.monotonic() - begun)


def _together(storage: Storage, seconds: float) -> float:
    """Return the events a second of one thread that appends as many events by one statement."""
    begun, count = time.monotonic(), 0
    while time.monotonic() < begun + seconds:
        count += len(storage.append_batch([(new_id(), [_event()], None) for _ in range(_THREADS)]))
    return count / (time.monotonic() - begun)


def _event() -> HostCreated:
    return HostCreated(*new_pair(), "a new host", ("lan",), ("new",))
