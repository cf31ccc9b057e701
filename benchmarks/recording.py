"""Bar 3: appends per second, against the PostgreSQL recorder of the library eventsourcing on the same server.

Its application recorder, as it gives positions in one order, which hostsdb does too. Both by their defaults: a pool,
psycopg's prepared statements, one event a call and a transaction, in processes that begin at the same moment.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.databases import Databases
from benchmarks.measuring import Figure, Record

_Client = subprocess.Popen[str]
# The last is what this server and this disk give a client that asks for no rule at all.
_AGAINST = {
    "hostsdb": "",
    "eventsourcing": "eventsourcing's PostgresApplicationRecorder",
    "bare": "psycopg's INSERT of the same text into a table with a primary key alone",
}
# By the number of clients.
_AT_LEAST: dict[str, dict[int, float | None]] = {
    "eventsourcing": {1: 2.0, 2: 2.5, 8: 4.0},
    "bare": {1: 0.75, 2: None, 8: None},
}


def recorders(databases: Databases) -> Iterator[Record]:
    """Yield bar 3, for one client and for several."""
    sizes = databases.sizes
    for clients in _AT_LEAST["bare"]:
        urls = {kind: databases.empty("postgres", schema=kind == "hostsdb") for kind in _AGAINST}
        with ExitStack() as stack:
            sides = [_started(stack, kind, url, clients, sizes.seconds) for kind, url in urls.items()]
            rates = dict(zip(urls, _rates(sides, sizes.rounds * 3), strict=True))
        what, ours = f"appends, {clients} client{'s' if clients > 1 else ''}", rates.pop("hostsdb")
        for kind, rate in rates.items():
            limit, against = _AT_LEAST[kind][clients], _AGAINST[kind]
            yield Figure(
                3, "postgres", what, against, ours, rate, "events/s", ours / rate, limit, at_least=True
            )


def _started(stack: ExitStack, kind: str, url: str, clients: int, seconds: float) -> list[_Client]:
    """Start the clients of one side; they wait, and end with the stack."""
    command = [sys.executable, "-m", "benchmarks.client", kind, url, str(seconds)]
    started = []
    for _ in range(clients):  # one after the other: CREATE TABLE IF NOT EXISTS does not like a race
        client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        stack.callback(client.communicate)
        assert client.stdout and client.stdout.readline() == "ready\n"
        started.append(client)
    return started


def _rates(sides: list[list[_Client]], rounds: int) -> list[float]:
    """Return the median events a second of each side, the sides in turn while the other one waits."""
    rates: list[list[float]] = [[] for _ in sides]
    order = list(range(len(sides)))
    for _ in range(rounds):
        for side in order:
            rates[side].append(rate_of(sides[side]))
        order.reverse()
    return [statistics.median(each) for each in rates]


def rate_of(clients: list[subprocess.Popen[str]]) -> float:
    """Return how many events a second the clients append together."""
    for client in clients:
        assert client.stdin
        client.stdin.write("\n")
        client.stdin.flush()
    return sum(float(client.stdout.readline()) for client in clients if client.stdout)
