"""Bars 3, 19 and 21: appends per second on PostgreSQL, against what else keeps events there, on the same server.

The application recorder of the library eventsourcing, as it gives positions in one order, which hostsdb does too. And
write_message of message-db, if a checkout is named. All by their defaults: psycopg's prepared statements, one event a
call and a transaction, with its expected version, in processes that begin at the same moment. hostsdb and eventsourcing
take each connection from a pool.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

from benchmarks import message_db
from benchmarks.databases import Databases
from benchmarks.measuring import Figure, Record

_Client = subprocess.Popen[str]
_CLIENTS = (1, 2, 8)


class _Comparison(NamedTuple):
    """Two kinds of client, and the least ratio by the number of clients."""

    bar: int
    what: str
    ours: str
    theirs: str
    against: str
    at_least: tuple[float | None, float | None, float | None]


_BARE = "psycopg's INSERT of the same text into a table with a primary key alone"
_COMPARISONS = (
    _Comparison(
        3,
        "appends",
        "hostsdb",
        "eventsourcing",
        "eventsourcing's PostgresApplicationRecorder",
        (2.0, 2.5, 4.0),
    ),
    # What this server and this disk give a client that asks for no rule at all.
    _Comparison(3, "appends", "hostsdb", "bare", _BARE, (None, None, None)),
    _Comparison(
        19, "appends by psycopg with hostsdb's statement", "statement", "bare", _BARE, (0.75, None, None)
    ),
    _Comparison(
        message_db.BAR, "appends", "hostsdb", "message_db", "message-db's write_message", (1.0, 1.0, 1.0)
    ),
)


def recorders(databases: Databases) -> Iterator[Record]:
    """Yield bars 3, 19 and 21, for one client and for several."""
    checkout, sizes = message_db.checkout(), databases.sizes
    if checkout is None:
        print(
            f"   message-db is left out: name a checkout, {message_db.VARIABLE}=/path/to/message-db make bench"
        )
    compared = [each for each in _COMPARISONS if checkout or each.theirs != "message_db"]
    kinds = dict.fromkeys(kind for each in compared for kind in (each.ours, each.theirs))
    for place, clients in enumerate(_CLIENTS):
        with ExitStack() as stack:
            sides = []
            for kind in kinds:
                url = databases.empty("postgres", schema=kind in ("hostsdb", "statement"))
                if kind == "message_db" and checkout:
                    message_db.install(url, checkout)
                sides.append(_started(stack, kind, url, clients, sizes.seconds))
            rates = dict(zip(kinds, _rates(sides, sizes.rounds * 3), strict=True))
        for each in compared:
            what = f"{each.what}, {clients} client{'s' if clients > 1 else ''}"
            ours, theirs = rates[each.ours], rates[each.theirs]
            yield Figure(
                each.bar,
                "postgres",
                what,
                each.against,
                ours,
                theirs,
                "events/s",
                ours / theirs,
                each.at_least[place],
                at_least=True,
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
