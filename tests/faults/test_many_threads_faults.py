"""Threads that share statements, with the server killed, sessions ended and the leader interrupted."""

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import psycopg
import pytest

import hostsdb
from hostsdb import CommentUpdated, EventEnvelope, HostCreated, Storage
from tests.faults.soundness import assert_sound, await_more_events, rows
from tests.support.interrupting import interrupted_at
from tests.support.postgres_process import PostgresProcess, postgres_process
from tests.support.postgres_standby import wait_until
from tests.test_combining import Caller, statements
from tests.test_pool import TERMINATE

pytestmark = pytest.mark.faults

__all__ = ["statements"]  # a fixture

THREADS = 32
_COMBINING = ("append_line.py", "postgres_combining.py")
EVENTS = "SELECT event_id, aggregate_id, position FROM host_events"


def _append(storage: Storage, number: int, ended: threading.Event) -> list[tuple[str, str, int]]:
    stored = []
    for count in range(100_000):
        if ended.is_set():
            break
        host = f"{number}-{count}"
        if count % 2:
            stored.append(storage.append_event(host, HostCreated("10.0.0.1", host)))
        else:
            stored += storage.append_events(host, [HostCreated("10.0.0.1", host), CommentUpdated(None, "c")])
    return [(e.event_id, e.aggregate_id, e.position) for e in stored]


def _during(url: str, statements: list[int], disturb: Callable[[], None]) -> None:
    """Append by many threads while something disturbs them. Every call succeeds, and every event is stored once."""
    with hostsdb.connect(url, initialize=False) as storage:
        ended = threading.Event()
        callers = [Caller(lambda n=n: _append(storage, n, ended)) for n in range(THREADS)]  # type: ignore[misc]
        try:
            await_more_events(url)
            disturb()
            await_more_events(url)
            time.sleep(0.2)
        finally:
            ended.set()
        acknowledged = [each for caller in callers for each in caller.ended(60)]
    assert sorted(acknowledged) == sorted(rows(url, EVENTS))
    assert sum(statements) > THREADS
    assert_sound(url)


@pytest.fixture
def server() -> Iterator[PostgresProcess]:
    """A server with the schema, for this test."""
    with postgres_process(fsync=True) as server:
        hostsdb.connect(server.url).close()
        yield server


def test_the_server_is_killed(server: PostgresProcess, statements: list[int]) -> None:
    def kill() -> None:
        for _ in range(3):
            time.sleep(random.uniform(0.1, 0.4))
            server.kill()
            server.start()
            await_more_events(server.url)

    _during(server.url, statements, kill)


def test_sessions_are_ended(server: PostgresProcess, statements: list[int]) -> None:
    def terminate() -> None:
        end = time.monotonic() + 2
        while time.monotonic() < end:
            with suppress(psycopg.Error), psycopg.connect(server.url, autocommit=True) as session:
                session.execute(TERMINATE.replace(", 5000", ""))
            time.sleep(random.uniform(0, 0.1))

    _during(server.url, statements, terminate)


def test_the_main_thread_is_interrupted(server: PostgresProcess) -> None:
    program = [sys.executable, "-m", "tests.faults.interrupted_threads", server.url, "100"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        interrupting = threading.Thread(target=_interrupt, args=(process,))
        interrupting.start()
        printed = process.stdout.read()
        interrupting.join()
    errors, went_on, by_main, acknowledged = json.loads(printed)
    assert errors == [] and all(went_on)
    found = {event_id for event_id, _, _ in rows(server.url, EVENTS)}
    assert {*by_main, *acknowledged} <= found
    # Only calls of the main thread were interrupted, so only its events may be stored without an answer.
    assert {name for name in found - {*acknowledged} if not name.startswith("main-")} == set()
    assert_sound(server.url)


def _interrupt(process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(random.uniform(0, 0.04))
        process.send_signal(signal.SIGINT)
    process.kill()


def test_the_main_thread_is_interrupted_at_each_line(server: PostgresProcess, statements: list[int]) -> None:
    """The others go on after each, and get what is stored."""
    count: list[int] = [0] * 8
    ended, acknowledged = threading.Event(), []
    url = f"{server.url}?max_connections=2"
    with hostsdb.connect(url, initialize=False) as storage:

        def append(number: int) -> None:
            while not ended.is_set():
                acknowledged.append(_append_one(storage, f"{number}-{count[number]}"))
                count[number] += 1

        callers = [Caller(lambda n=n: append(n)) for n in range(len(count))]  # type: ignore[misc]
        try:
            places = []
            for number in range(1, 1000):
                name = f"main-{number}"
                place = interrupted_at(number, _COMBINING, lambda name=name: _append_one(storage, name))  # type: ignore[misc]
                before = count.copy()
                wait_until(lambda before=before: all(a > b for a, b in zip(count, before, strict=True)))  # type: ignore[misc]
                if place:
                    places.append(place)
                elif sum(statements) > 0 and len(places) > 50:
                    break
        finally:
            ended.set()
        for caller in callers:
            caller.ended(20)
    found = {event_id for event_id, _, _ in rows(server.url, EVENTS)}
    assert {name for name in found if not name.startswith("main-")} == {*acknowledged}
    assert {place.split("/")[-1].split(":")[0] for place in places} == {*_COMBINING}
    assert_sound(server.url)


def _append_one(storage: Storage, event_id: str) -> str:
    event = EventEnvelope(HostCreated("10.0.0.1", event_id), event_id=event_id)
    return storage.append_event(event_id, event).event_id
