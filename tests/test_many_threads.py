"""Thirty-two threads append at once. Bare reads show what is stored, and each thread got exactly that."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import hostsdb
from hostsdb import (
    CommentUpdated,
    ConcurrentWriteConflict,
    DuplicateEntry,
    EventEnvelope,
    HostCreated,
    InvalidData,
    Storage,
    StorageError,
    StoredEvent,
)
from tests.faults.soundness import assert_sound, rows
from tests.test_combining import STORED, Caller, statements

THREADS, ROUNDS = 32, 12

__all__ = ["statements"]  # a fixture


class Came(NamedTuple):
    """What a call came to.

    Attributes:
        kind: the kind of call.
        round: calls of one round compete for one version, one pair and one event_id.
        token: the created_by of its events, which no other call has.
        result: its events, or its error.
    """

    kind: str
    round: int
    token: str
    result: list[StoredEvent] | StorageError


class Racer:
    """A thread's calls."""

    def __init__(self, storage: Storage, number: int, versions: list[str]) -> None:
        self._storage, self._number, self._versions = storage, number, versions
        self._chance = random.Random(number)
        self.came: list[Came] = []

    def run(self, start: threading.Barrier) -> list[Came]:
        kinds: list[Callable[..., Any]] = [self.own, self.chain, self.batch, self.pair, self.version]
        kinds += [self.same, self.long]
        for number in range(ROUNDS):
            start.wait(60)
            for kind in self._chance.sample(kinds, 3):
                token = f"{self._number}.{number}.{kind.__name__}"
                try:
                    stored = kind(number, token)
                    result: Any = stored if isinstance(stored, list) else [stored]
                except StorageError as error:
                    result = error
                self.came.append(Came(kind.__name__, number, token, result))
        return self.came

    def own(self, number: int, token: str) -> StoredEvent:
        return self._storage.append_event(token, _by(token, HostCreated("10.0.0.1", token)))

    def chain(self, number: int, token: str) -> list[StoredEvent]:
        events = [HostCreated("10.0.0.1", token), CommentUpdated(None, "c"), CommentUpdated("c", token)]
        return self._storage.append_events(token, [_by(token, event) for event in events])

    def batch(self, number: int, token: str) -> list[StoredEvent]:
        hosts = [f"{token}-a", f"{token}-b"]
        return self._storage.append_batch(
            [(host, [_by(token, HostCreated("10.0.0.1", host))], None) for host in hosts]
        )

    def pair(self, number: int, token: str) -> StoredEvent:
        return self._storage.append_event(token, _by(token, HostCreated("10.0.0.2", f"pair{number}")))

    def version(self, number: int, token: str) -> StoredEvent:
        event = _by(token, CommentUpdated(None, token))
        return self._storage.append_event(f"version{number}", event, self._versions[number])

    def same(self, number: int, token: str) -> StoredEvent:
        event = HostCreated("10.0.0.3", f"same{number}")
        return self._storage.append_event(f"same{number}", EventEnvelope(event, event_id=f"same{number}"))

    def long(self, number: int, token: str) -> StoredEvent:
        return self._storage.append_event(token, _by("x" * 1001, HostCreated("10.0.0.4", token)))


def _by(token: str, event: Any) -> EventEnvelope:
    return EventEnvelope(event, created_by=token)


def test_each_of_many_threads_gets_what_is_stored(current_postgres_url: str, statements: list[int]) -> None:
    with hostsdb.connect(current_postgres_url, initialize=False) as storage:
        versions = [
            storage.append_event(f"version{number}", HostCreated("10.0.0.5", f"{number}")).event_version
            for number in range(ROUNDS)
        ]
        start = threading.Barrier(THREADS)
        racers = [Racer(storage, number, versions) for number in range(THREADS)]
        callers = [Caller(lambda racer=racer: racer.run(start)) for racer in racers]  # type: ignore[misc]
        came = [each for caller in callers for each in caller.ended(60)]
    assert len(came) == THREADS * ROUNDS * 3
    check_stored(current_postgres_url, came)
    check_errors(came, versions)
    assert_sound(current_postgres_url)
    assert sum(statements) > 100, "hardly any statement was shared"


def check_stored(url: str, came: list[Came]) -> None:
    """Every event that a thread got is stored, by its own call, as it got it; and nothing else is."""
    found = {row[0]: row for row in rows(url, STORED) if row[3] or not row[1].startswith("version")}
    expected: dict[str, tuple[Any, ...]] = {}
    for each in came:
        for e in each.result if isinstance(each.result, list) else []:
            row = (e.event_id, e.aggregate_id, e.event_version, e.expected_version, e.position)
            expected[e.event_id] = (*row, e.created_by, e.created_at)
            assert e.created_by == (None if each.kind == "same" else each.token)
    assert found == expected
    shape = Counter(len(each.result) for each in came if isinstance(each.result, list))
    assert set(shape) == {1, 2, 3}


def check_errors(came: list[Came], versions: list[str]) -> None:
    """Of each round one call won the pair and one the version; the others got the error that names the winner."""
    for each in came:
        if each.kind in ("own", "chain", "batch", "same"):
            assert isinstance(each.result, list), each
        if each.kind == "long":
            assert isinstance(each.result, InvalidData), each
    for number in range(ROUNDS):
        pairs, _ = competed(came, "pair", number, DuplicateEntry)
        reported = {(error.ip_address, error.hostname) for error in pairs}
        assert reported <= {("10.0.0.2", f"pair{number}")}
        conflicts, winner = competed(came, "version", number, ConcurrentWriteConflict)
        found = {(e.aggregate_id, e.expected_version, e.current_version) for e in conflicts}
        assert found <= {(f"version{number}", versions[number], winner.event_version)}


def competed(came: list[Came], kind: str, number: int, lost: type) -> tuple[list[Any], StoredEvent]:
    """Return the errors of the losers, which have one type, and the event of the only winner."""
    results = [each.result for each in came if (each.kind, each.round) == (kind, number)]
    [[winner]] = [result for result in results if isinstance(result, list)]
    losers = [result for result in results if not isinstance(result, list)]
    assert {type(error) for error in losers} <= {lost}
    return losers, winner
