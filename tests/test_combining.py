"""Appends by more threads than connections: they share statements, and each caller gets exactly its own result."""

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, get_args

import psycopg
import pytest

import hostsdb
from hostsdb import (
    CommentUpdated,
    ConcurrentWriteConflict,
    ConnectionFailed,
    DuplicateEntry,
    EventEnvelope,
    HostCreated,
    InvalidData,
    Storage,
    StoredEvent,
)
from hostsdb.engines.append_line import Append, AppendLine
from hostsdb.engines.postgres_combining import _CombiningConnection
from tests.faults.soundness import assert_sound, rows
from tests.support.postgres_proxy import When, cutting_proxy
from tests.test_append_line import interrupt
from tests.test_pool import locked

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
STORED = """
    SELECT event_id, aggregate_id, event_version, expected_version, position, created_by, created_at FROM host_events
"""


class Caller(threading.Thread):
    """A thread with one call; its result or its error."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._call = call
        self.result: Any = None
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.result = self._call()
        except BaseException as error:
            self.error = error

    def ended(self, timeout: float = 10) -> Any:
        self.join(timeout)
        assert not self.is_alive()
        if self.error is not None:
            raise self.error
        return self.result


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of appends of the shared statements."""
    sizes: list[int] = []
    original = _CombiningConnection.append_together

    def counted(self: _CombiningConnection, appends: list[Append]) -> Any:
        sizes.append(len(appends))
        return original(self, appends)

    monkeypatch.setattr(_CombiningConnection, "append_together", counted)
    return sizes


@pytest.fixture
def storage(current_postgres_url: str) -> Iterator[Storage]:
    """A storage with one connection."""
    with hostsdb.connect(f"{current_postgres_url}?max_connections=1", initialize=False) as storage:
        yield storage


def line_of(storage: Storage) -> AppendLine:
    return storage._database.combining.line  # type: ignore[union-attr, no-any-return]


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@contextmanager
def waiting(storage: Storage, *calls: Callable[[], Any]) -> Iterator[list[Caller]]:
    """Let calls wait in the line, in this order. The block begins then. A connection is free at its end."""
    with storage._database.engine.connection():
        callers = []
        for call in calls:
            callers.append(Caller(call))
            until(lambda: len(line_of(storage)._waiting) == len(callers))
        yield callers


def created(storage: Storage, name: str, **envelope: Any) -> Callable[[], StoredEvent]:
    event = HostCreated("10.0.0.1", name)
    return lambda: storage.append_event(name, EventEnvelope(event, **envelope))


def is_stored(url: str, *envelopes: StoredEvent) -> bool:
    """Return whether events are stored as a caller got them."""
    found = {row[0]: row for row in rows(url, STORED)}
    return all(
        found[e.event_id]
        == (
            *(e.event_id, e.aggregate_id, e.event_version, e.expected_version, e.position),
            *(e.created_by, e.created_at),
        )
        for e in envelopes
    )


def _each(calls: list[Callable[[], Any]]) -> list[Any]:
    return [call() for call in calls]


def test_with_enough_connections_no_append_waits(
    current_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(AppendLine, "wait")
    with hostsdb.connect(current_postgres_url, initialize=False) as storage:
        several = [[created(storage, f"{n}-{i}") for i in range(15)] for n in range(10)]
        callers = [Caller(partial(_each, calls)) for calls in several]
        assert sum(len(caller.ended()) for caller in callers) == 150


def test_each_caller_gets_its_own_events(
    storage: Storage, current_postgres_url: str, statements: list[int]
) -> None:
    host = storage.add_host("10.0.0.9", "old")
    batch: Any = [
        ("x", [HostCreated("10.0.0.2", "x"), CommentUpdated(None, "c")], None),
        ("y", [HostCreated("10.0.0.3", "y")], None),
    ]
    comment = EventEnvelope(
        CommentUpdated(None, "d"), created_by="me", event_timestamp=datetime(2020, 1, 1, tzinfo=UTC)
    )
    with waiting(
        storage,
        created(storage, "a", created_by="a's"),
        lambda: storage.append_events(host.id, [comment], host.event_version),
        lambda: storage.append_batch(batch),
        lambda: storage.add_host("10.0.0.4", "ü", tags=["t"], comment="c", created_by="b's"),
        lambda: storage.add_hosts([hostsdb.NewHost("10.0.0.5", "h5"), hostsdb.NewHost("10.0.0.6", "h6")]),
    ) as callers:
        assert storage.pool_stats().waiting == 5
    a, [changed], several, entry, entries = (caller.ended() for caller in callers)
    assert statements == [5]
    assert is_stored(current_postgres_url, a, changed, *several)
    assert (a.created_by, changed.created_by, several[0].created_by) == ("a's", "me", None)
    assert changed.event_timestamp == LONG_AGO != changed.created_at
    assert storage.load_events("x") == several[:2] and storage.load_events("a") == [a]
    assert storage.load_events(host.id)[-1] == changed
    assert [storage.get_by_id(each.id) for each in (entry, *entries)] == [entry, *entries]
    assert_sound(current_postgres_url)


def test_a_refused_append_changes_no_other_result(
    storage: Storage, current_postgres_url: str, statements: list[int]
) -> None:
    first = storage.append_event("first", HostCreated("10.0.0.1", "first"))
    old = storage.append_event("first", CommentUpdated(None, "c"), first.event_version)
    given = EventEnvelope(HostCreated("10.0.0.8", "given"), event_id="given", event_version=None)
    stored = storage.append_event("given", given)
    with waiting(
        storage,
        created(storage, "good"),
        lambda: storage.append_event("first", CommentUpdated(None, "d"), first.event_version),
        created(storage, "first"),
        lambda: storage.append_event("other", HostCreated("10.0.0.1", "first")),
        lambda: storage.append_event("given", given),
        lambda: storage.append_event("none", CommentUpdated(None, "d")),
        lambda: storage.append_event(
            "ahead", EventEnvelope(HostCreated("10.0.0.7", "z"), event_version="7" + "Z" * 25)
        ),
        lambda: storage.append_event("again", EventEnvelope(HostCreated("10.0.0.7", "z"), event_id="given")),
        created(storage, "good too"),
    ) as (good, version, exists, pair, same, missing, ahead, other_content, good_too):
        pass
    assert is_stored(current_postgres_url, good.ended(), good_too.ended())
    with pytest.raises(ConcurrentWriteConflict) as conflict:
        version.ended()
    reported = (conflict.value.aggregate_id, conflict.value.expected_version, conflict.value.current_version)
    assert reported == ("first", first.event_version, old.event_version)
    with pytest.raises(ConcurrentWriteConflict) as conflict:
        exists.ended()
    assert (conflict.value.expected_version, conflict.value.current_version) == (None, old.event_version)
    with pytest.raises(DuplicateEntry) as duplicate:
        pair.ended()
    assert (duplicate.value.ip_address, duplicate.value.hostname) == ("10.0.0.1", "first")
    assert same.ended() == stored
    with pytest.raises(InvalidData, match="does not exist"):
        missing.ended()
    with pytest.raises(InvalidData, match="a day"):
        ahead.ended()
    with pytest.raises(InvalidData, match="already stored with other content"):
        other_content.ended()
    assert statements[0] >= 5
    ids = "SELECT aggregate_id FROM host_events ORDER BY 1"
    assert rows(current_postgres_url, ids) == [("first",), ("first",), ("given",), ("good",), ("good too",)]
    assert_sound(current_postgres_url)


def test_an_append_with_created_at_runs_alone(storage: Storage, statements: list[int]) -> None:
    with storage.transaction():
        callers = [Caller(created(storage, "timed", created_at=LONG_AGO)), Caller(created(storage, "now"))]
        until(lambda: storage.pool_stats().waiting == 2)
    assert callers[0].ended().created_at == LONG_AGO != callers[1].ended().created_at
    assert statements == []


def test_no_caller_waits_for_the_lock_of_another(current_postgres_url: str, statements: list[int]) -> None:
    with (
        hostsdb.connect(f"{current_postgres_url}?max_connections=2", initialize=False) as storage,
        psycopg.connect(current_postgres_url) as blocker,
    ):
        within = storage.within(blocker)
        within.append_event("theirs", HostCreated("10.0.0.1", "locked"))
        with (
            storage.transaction(),
            waiting(
                storage, created(storage, "a"), created(storage, "locked"), created(storage, "b")
            ) as callers,
        ):
            pass
        a, locked, b = callers
        began = time.monotonic()
        a.ended(), b.ended()
        assert time.monotonic() - began < 5 and locked.is_alive() and statements == [3]
        blocker.commit()
        with pytest.raises(DuplicateEntry):
            locked.ended()
    assert_sound(current_postgres_url)


def test_the_time_in_the_line_counts(current_postgres_url: str) -> None:
    url = f"{current_postgres_url}?max_connections=1&acquire_timeout=0.4"
    with hostsdb.connect(url, initialize=False) as storage:
        with storage.transaction():
            began = time.monotonic()
            callers = [Caller(created(storage, name)) for name in "abc"]
            for caller in callers:
                with pytest.raises(ConnectionFailed, match=r"within 0\.4 s.*max_connections=1") as caught:
                    caller.ended()
                assert caught.value.__cause__ is not None
            assert 0.35 < time.monotonic() - began < 3
        assert storage.count_events("a") == 0
        created(storage, "a")()


def test_close_ends_the_line(storage: Storage) -> None:
    with waiting(storage, *(created(storage, name) for name in "abcd")) as callers:
        storage.close()
        for caller in callers:
            with pytest.raises(ConnectionFailed, match="closed"):
                caller.ended(5)


@pytest.mark.parametrize("when", get_args(When))
def test_a_lost_connection_is_retried_by_each_caller(
    current_postgres_url: str, when: When, statements: list[int]
) -> None:
    with (
        cutting_proxy(current_postgres_url) as proxy,
        hostsdb.connect(f"{proxy.url}?max_connections=1", initialize=False) as storage,
    ):
        storage.health_check()
        calls = [created(storage, f"{name}{when}") for name in "abcd"]
        with waiting(storage, *calls) as callers:
            proxy.cut_at(1, when)
        assert is_stored(current_postgres_url, *(caller.ended() for caller in callers))
        assert proxy.was_cut and statements[0] == 4
    assert rows(current_postgres_url, "SELECT count(*) FROM host_events") == [(4,)]
    assert_sound(current_postgres_url)


def test_each_caller_learns_that_the_commit_is_unknown(current_postgres_url: str) -> None:
    with (
        cutting_proxy(current_postgres_url) as proxy,
        hostsdb.connect(f"{proxy.url}?max_connections=1&acquire_timeout=1", initialize=False) as storage,
    ):
        storage.health_check()
        with waiting(storage, *(created(storage, name) for name in "abcd")) as callers:
            proxy.cut_at(1, "after")
            proxy.hold_when_cut = True
        for caller in callers:
            with pytest.raises(ConnectionFailed, match="outcome of the commit is unknown"):
                caller.ended()
        proxy.go_on()
    assert rows(current_postgres_url, "SELECT count(*) FROM host_events") == [(4,)]


def test_an_interrupted_leader_takes_nobody_with_it(storage: Storage, current_postgres_url: str) -> None:
    with locked(current_postgres_url):
        with waiting(storage, *(created(storage, name) for name in "abcd")) as (leader, *others):
            pass
        blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        until(lambda: rows(current_postgres_url, blocked) == [(1,)])
        interrupt(leader)
        with pytest.raises(KeyboardInterrupt):
            leader.ended()
        assert all(caller.is_alive() for caller in others)
    assert is_stored(current_postgres_url, *(caller.ended() for caller in others))
    assert rows(current_postgres_url, "SELECT count(*) FROM host_events") == [
        (3,)
    ]  # the leader's was cancelled
    created(storage, "e")()


def test_a_leader_that_is_interrupted_after_the_commit(
    storage: Storage, current_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = _CombiningConnection.append_together

    def interrupted(self: _CombiningConnection, appends: list[Append]) -> Any:
        original(self, appends)
        raise KeyboardInterrupt

    monkeypatch.setattr(_CombiningConnection, "append_together", interrupted)
    with waiting(storage, *(created(storage, name) for name in "abcd")) as (leader, *others):
        pass
    with pytest.raises(KeyboardInterrupt):
        leader.ended()
    assert is_stored(current_postgres_url, *(caller.ended() for caller in others))
    assert rows(current_postgres_url, "SELECT count(*) FROM host_events") == [(4,)]


def test_a_forked_child_does_not_wait_in_the_line(storage: Storage) -> None:
    with waiting(storage, created(storage, "a"), created(storage, "b")) as callers:
        with warnings.catch_warnings(
            action="ignore"
        ):  # Python 3.12 warns of a fork of a process with threads
            child = os.fork()
        if child == 0:
            signal.alarm(10)
            try:
                created(storage, "c")()
            except ConnectionFailed as error:
                os._exit("connect after the fork" not in str(error))
            os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
    assert [caller.ended().aggregate_id for caller in callers] == ["a", "b"]
