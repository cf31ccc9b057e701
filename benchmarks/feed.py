"""The feed: what following the log costs its writers, and how soon a follower is woken.

`python -m benchmarks.feed write URL SECONDS` and `python -m benchmarks.feed read URL` are its processes. A writer's
transactions stay open up to 300 ms, as those of applications that do something else in between.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import psycopg

import hostsdb
from benchmarks.databases import Databases
from benchmarks.measuring import Figure, Record
from benchmarks.recording import rate_of
from hostsdb.ulids import new_id

_READERS = 2
_OPEN = 0.3  # seconds
_WAKES = 100

_INSERT = """
INSERT INTO host_events
(event_id, aggregate_id, event_type, event_version, ip_address, hostname, event_timestamp, metadata)
VALUES (%(id)s, %(id)s, 'HostCreated', %(id)s, '10.0.0.1', %(id)s, now(), '{}')
"""


def feeding(databases: Databases) -> Iterator[Record]:
    """Yield bar 15: the writers' events a second with readers that follow, against the same without."""
    sizes = databases.sizes
    url = databases.empty("postgres", schema=True)
    rates: dict[bool, list[float]] = {True: [], False: []}
    with ExitStack() as stack:
        writers = [_process(stack, "write", url, str(sizes.seconds * 5)) for _ in range(sizes.clients)]
        for round_ in range(sizes.rounds):
            for followed in (True, False) if round_ % 2 else (False, True):
                with ExitStack() as readers:
                    for _ in range(_READERS if followed else 0):
                        _process(readers, "read", url)
                    rates[followed].append(rate_of(writers))
    ours, theirs = statistics.median(rates[True]), statistics.median(rates[False])
    what = f"{sizes.clients} writers, transactions open up to 300 ms, {_READERS} readers that watch"
    yield Figure(
        15,
        "postgres",
        what,
        "the same without readers",
        ours,
        theirs,
        "events/s",
        ours / theirs,
        0.9,
        at_least=True,
    )


def waking(databases: Databases) -> Iterator[Record]:
    """Yield bar 16: the time from a commit to the event in a follower's hands."""
    for engine in ("postgres", "sqlite", "duckdb"):
        url = databases.empty(engine, schema=True)
        late = statistics.median(_wakes(url))
        limit = 0.1 if engine == "postgres" else None
        yield Figure(
            16, engine, "from a commit to watch yielding its event", "", late, None, "s", late, limit
        )


def _wakes(url: str) -> list[float]:
    committed: dict[str, float] = {}
    seen: list[float] = []
    with hostsdb.connect(url) as reader, hostsdb.connect(url) as writer:

        def write() -> None:
            chance = random.Random(1)
            for number in range(_WAKES):
                time.sleep(chance.uniform(0.02, 0.2))  # long enough to fall asleep
                host = writer.add_host("10.0.0.1", f"h{number}")
                committed[host.id] = time.perf_counter()

        with closing(reader.watch(-1, timeout=10)) as events:  # type: ignore[type-var]
            thread = threading.Thread(target=write)
            thread.start()
            for event, _ in zip(events, range(_WAKES), strict=False):
                now = time.perf_counter()
                assert event.aggregate_id
                while event.aggregate_id not in committed:
                    time.sleep(0)  # the reader was notified before the writer
                seen.append(max(0.0, now - committed[event.aggregate_id]))
            thread.join()
    return seen


def _process(stack: ExitStack, *arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.feed", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    stack.callback(process.communicate)
    stack.callback(process.kill)
    assert process.stdout and process.stdout.readline() == "ready\n"
    return process


def _write(url: str, seconds: float) -> None:
    chance = random.Random()
    with psycopg.connect(url, autocommit=True) as connection:
        print("ready", flush=True)
        for _ in sys.stdin:
            events, begun = 0, time.monotonic()
            while time.monotonic() - begun < seconds:
                with connection.transaction():
                    for _ in range(chance.randrange(1, 6)):
                        connection.execute(_INSERT, {"id": new_id()})
                        events += 1
                    if chance.random() < 0.3:
                        time.sleep(chance.uniform(0, _OPEN))
            print(events / (time.monotonic() - begun), flush=True)


def _read(url: str) -> None:
    with hostsdb.connect(url, initialize=False) as storage:
        print("ready", flush=True)
        for _ in storage.watch():
            pass


if __name__ == "__main__":
    if sys.argv[1] == "write":
        _write(sys.argv[2], float(sys.argv[3]))
    else:
        _read(sys.argv[2])
