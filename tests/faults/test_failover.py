"""A primary is lost under its writers and the standby takes over: what was acknowledged is there, and nothing twice."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import pytest

import hostsdb
from hostsdb import ConnectionFailed, HostCreated
from tests.conformance.calling import STYLES
from tests.support.failover import WRITERS, Call, Event, Writers
from tests.support.postgres_process import PASSWORD, PostgresProcess, postgres_process
from tests.support.postgres_standby import PostgresStandby, ask, postgres_standby, wait_until
from tests.test_races import FAULTS

pytestmark = pytest.mark.faults

# What it takes to find out that the new server takes writes; the servers themselves take about two seconds more.
SECONDS_TO_GO_ON = 5

# The call's token is in the column that the event sets.
STORED = """
    SELECT event_type, CASE event_type
        WHEN 'HostCreated' THEN hostname
        WHEN 'CommentUpdated' THEN comment
        WHEN 'TagsModified' THEN tags::jsonb ->> 0
        WHEN 'HostDeleted' THEN metadata::jsonb ->> 'reason'
    END FROM host_events
"""
EVENTS = {
    "add_host": {"HostCreated"},
    "update_host": {"CommentUpdated", "TagsModified"},
    "append_event": {"CommentUpdated"},
    "append_batch": {"HostCreated", "CommentUpdated"},
    "delete_host": {"HostDeleted"},
}


def killed(primary: PostgresProcess, standby: PostgresStandby) -> None:
    primary.kill()


def killed_with_every_answer_under_way(primary: PostgresProcess, standby: PostgresStandby) -> None:
    standby.hold_commits(WRITERS)
    primary.kill()


def stopped(primary: PostgresProcess, standby: PostgresStandby) -> None:
    primary.stop()


@pytest.mark.parametrize("lose", [killed, killed_with_every_answer_under_way, stopped])
def test_writers_go_on_with_the_standby(lose: Callable[..., None]) -> None:
    with servers() as (primary, standby, url), follower(url) as seen:
        writers = Writers(url)
        time.sleep(2)
        lost_at = time.monotonic()
        lose(primary, standby)
        gone_at = time.monotonic()
        arrived = Counter(ask(standby.url, STORED))
        standby.promote()
        promoted_at = time.monotonic()
        time.sleep(3)
        calls = writers.stop()
        assert_gone_on(calls, lost_at, promoted_at)
        assert_stored(standby.url, calls)
        log = ask(standby.url, "SELECT position, event_id FROM host_events ORDER BY position")
        wait_until(lambda: len(seen) >= len(log))
        assert seen == log
        known = [call for call in calls if call.began < gone_at < call.ended]
        known = [call for call in known if events_of(call) <= arrived.keys()]
        print(f"{len(known)} calls whose answer was lost have a known outcome")
        if lose is killed_with_every_answer_under_way:
            assert len(known) == WRITERS


@contextmanager
def servers() -> Iterator[tuple[PostgresProcess, PostgresStandby, str]]:
    """A primary, its synchronous standby, and the URL of both, with the schema."""
    with postgres_process(fsync=True) as primary, postgres_standby(primary) as standby:
        standby.make_synchronous()
        hostsdb.connect(primary.url).close()
        ports = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
        try:
            yield primary, standby, f"postgres://postgres:{PASSWORD}@{ports}/postgres"
        except BaseException:  # else their words are lost with their folders
            print(f"primary:\n{primary.log_end()}\nstandby:\n{standby.log_end()}")
            raise


@contextmanager
def follower(url: str) -> Iterator[list[tuple[Any, ...]]]:
    """Follow the log with one storage, whatever server it is on; gives the positions and ids, as they come."""
    seen: list[tuple[Any, ...]] = []
    stop = threading.Event()

    def follow() -> None:
        with hostsdb.connect(url, initialize=False) as storage:
            while not stop.wait(0.01):
                new = storage.events_since(seen[-1][0] if seen else -1)
                seen.extend((event.position, event.event_id) for event in new)

    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(follow)
        try:
            yield seen
        finally:
            stop.set()
            following.result(90)


def events_of(call: Call) -> set[tuple[str, str]]:
    return {(event_type, call.token) for event_type in EVENTS[call.method]}


def assert_gone_on(calls: list[Call], lost_at: float, promoted_at: float) -> None:
    pauses = {}
    for name in {call.writer for call in calls}:
        ends = [call.ended for call in calls if call.writer == name and not call.error]
        assert sum(end < lost_at for end in ends) > 10, name
        assert sum(end > promoted_at for end in ends) > 10, name
        pauses[name] = max(later - earlier for earlier, later in pairwise(ends))
    assert len(pauses) == WRITERS
    without = promoted_at - lost_at
    shown = ", ".join(f"{pause:.2f}" for pause in sorted(pauses.values()))
    print(f"{len(calls)} calls; no primary for {without:.2f} s; the writers paused for {shown} s")
    assert max(pauses.values()) < without + SECONDS_TO_GO_ON


def assert_stored(url: str, calls: list[Call]) -> None:
    # There was a server again long before acquire_timeout, so that no call has a reason to fail.
    assert [call for call in calls if call.error] == []
    wanted = Counter(event for call in calls for event in events_of(call))
    assert Counter(ask(url, STORED)) == wanted
    assert {name: ask(url, query) for name, query in FAULTS.items()} == {name: [] for name in FAULTS}
    columns = "aggregate_id, event_version, event_id, position"
    stored: dict[tuple[str | None, ...], Event] = {
        row[:2]: row for row in ask(url, f"SELECT {columns} FROM host_events")
    }
    for call in calls:
        for event in call.acknowledged:
            row = stored[event[:2]]
            assert event in (row, (*row[:2], None, None)), call
    positions = [position for *_, position in stored.values()]
    assert len(set(positions)) == len(positions) == wanted.total()


@pytest.mark.parametrize("style", STYLES)
def test_a_server_that_stays_away_is_waited_for_and_reported(
    style: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="psycopg")  # which keeps to warnings otherwise
    with postgres_process(fsync=True) as server, STYLES[style]() as opened:
        several = urlsplit(server.url.replace("@", "@127.0.0.1:1,")).geturl()
        with opened(f"{several}?acquire_timeout=3") as storage:
            storage.add_host("10.0.0.1", "before")
            server.kill()
            for call in (
                storage.list_all,
                lambda: storage.add_host("10.0.0.1", "lost"),
                lambda: storage.append_event("H", HostCreated("10.0.0.1", "h")),
            ):
                assert_failed_in_time(call)
            server.start()
            storage.add_host("10.0.0.1", "after")
            assert [entry.hostname for entry in storage.list_all()] == ["after", "before"]
    printed = "".join(capfd.readouterr())
    assert "Traceback" not in printed and PASSWORD not in printed + caplog.text


def assert_failed_in_time(call: Callable[[], object]) -> None:
    before = time.monotonic()
    with pytest.raises(ConnectionFailed) as caught:
        call()
    assert time.monotonic() - before < 3 + 5
    message = str(caught.value)
    assert "PostgreSQL" in message and "\n" not in message
    assert "Traceback" not in message and PASSWORD not in f"{message} {caught.value.__cause__!r}"
