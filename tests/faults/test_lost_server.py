"""A server that goes, hangs, or throws its clients out: each call ends in time, in success or in one of our errors."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

import hostsdb
from hostsdb import ConnectionFailed, EventEnvelope, HostCreated, Storage
from tests.conformance.calling import STYLES
from tests.faults.soundness import assert_sound, await_more_events, rows
from tests.faults.test_failover import SECONDS_TO_GO_ON, assert_stored
from tests.support.failover import WRITERS, Writers
from tests.support.postgres_process import PostgresProcess, postgres_process
from tests.support.postgres_proxy import cutting_proxy
from tests.test_pool import TERMINATE

pytestmark = pytest.mark.faults

# What a call may take beyond `acquire_timeout`.
SECONDS_MORE = 3


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresProcess]:
    """A server with the schema."""
    with postgres_process(fsync=True) as server:
        hostsdb.connect(server.url).close()
        yield server


def restarted(server: PostgresProcess) -> None:
    server.stop()
    server.start()


def shut_down_smartly_then_fast(server: PostgresProcess) -> None:
    # A smart shutdown waits for the clients, and they for nothing: it takes a second signal.
    server.signal(signal.SIGTERM)
    time.sleep(0.3)
    restarted(server)


def threw_all_out(server: PostgresProcess) -> None:
    # Without a wait for each one's end, so that they go at once.
    terminate = TERMINATE.replace("pid, 5000", "pid")
    for _ in range(5):
        assert rows(server.url, terminate) > [(0,)]
        time.sleep(0.2)


@pytest.mark.parametrize("lose", [restarted, shut_down_smartly_then_fast, threw_all_out])
def test_writers_go_on(lose: Callable[[PostgresProcess], None]) -> None:
    with postgres_process(fsync=True) as server:
        hostsdb.connect(server.url).close()
        writers = Writers(server.url)
        for _ in range(3):
            await_more_events(server.url)
            time.sleep(0.3)
            lose(server)
            back_at = time.monotonic()
        time.sleep(SECONDS_TO_GO_ON)
        calls = writers.stop()
        assert len({call.writer for call in calls if call.began > back_at}) == WRITERS
        assert_stored(server.url, calls)
        assert_sound(server.url)


@pytest.mark.parametrize("style", STYLES)
def test_a_server_that_accepts_and_never_answers(style: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging, STYLES[style]() as opened:
        url = f"postgres://me:hush@127.0.0.1:{hanging.getsockname()[1]}/hosts?acquire_timeout=2"
        with failing_in_time(2) as messages, opened(url):
            pass
        assert "hush" not in messages[0]


@contextmanager
def failing_in_time(acquire_timeout: float) -> Iterator[list[str]]:
    messages: list[str] = []
    began = time.monotonic()
    with pytest.raises(ConnectionFailed) as caught:
        yield messages
    assert time.monotonic() - began < acquire_timeout + SECONDS_MORE
    messages.append(str(caught.value))


CALLS: dict[str, Callable[[Storage, str], Any]] = {
    "read": lambda storage, name: storage.list_all(),
    "append": lambda storage, name: storage.append_event(
        name, EventEnvelope(HostCreated("10.0.0.1", name), event_id=name)
    ),
    "restore": lambda storage, name: storage.restore_snapshot(SNAPSHOTS[name]),
}
SNAPSHOTS: dict[str, str] = {}


@contextmanager
def frozen(server: PostgresProcess) -> Iterator[None]:
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("call", CALLS)
def test_a_server_that_hangs_in_a_session(style: str, call: str, server: PostgresProcess) -> None:
    name = f"{style}-{call}"
    with STYLES[style]() as opened, opened(f"{server.url}?acquire_timeout=2&min_connections=3") as storage:
        SNAPSHOTS[name] = str(storage.create_snapshot(name).snapshot_id)
        time.sleep(0.5)  # the pool has its connections
        with frozen(server):
            for _ in range(2):
                with failing_in_time(2) as messages:
                    CALLS[call](storage, name)
            assert "PostgreSQL" in messages[0] and "\n" not in messages[0]
        CALLS[call](storage, name)
        if call == "append":
            assert storage.count_events(name) == 1
        if call == "restore":
            made = [s for s in storage.list_snapshots() if s.name == f"before {SNAPSHOTS[name]}"]
            assert len(made) == 1
    assert_sound(server.url)


@pytest.mark.parametrize("style", STYLES)
def test_another_server_takes_over_from_one_that_hangs(style: str, server: PostgresProcess) -> None:
    with cutting_proxy(server.url) as proxy, STYLES[style]() as opened:
        both = proxy.url.removesuffix("/postgres") + f",127.0.0.1:{server.port}/postgres"
        with opened(f"{both}?acquire_timeout=8") as storage:
            storage.health_check()
            proxy.hold()
            began = time.monotonic()
            name = f"taken over {style}"
            stored = storage.append_event(name, HostCreated("10.0.0.1", name))
            assert time.monotonic() - began < 8
            assert storage.load_events(name) == [stored]


@pytest.mark.parametrize("style", STYLES)
def test_a_server_that_works_for_long_is_waited_for(style: str, server: PostgresProcess) -> None:
    name = f"long {style}"
    with STYLES[style]() as opened, opened(f"{server.url}?acquire_timeout=1") as storage:
        locker = psycopg.connect(server.url)
        locker.execute("LOCK TABLE host_events IN EXCLUSIVE MODE")
        released = threading.Timer(5, locker.rollback)
        released.start()
        began = time.monotonic()
        storage.append_event(name, HostCreated("10.0.0.1", name))
        assert time.monotonic() - began > 4
        released.join()
        locker.close()
        assert storage.count_events(name) == 1


def test_a_path_that_has_died_is_found_by_the_kernel(server: PostgresProcess) -> None:
    url = f"{server.url}?acquire_timeout=30"
    with hostsdb.connect(url) as storage, storage._database.engine.connection() as connection:
        with socket.socket(fileno=os.dup(connection.raw.pgconn.socket)) as tcp:
            options = [socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT]
            idle, interval, number = (tcp.getsockopt(socket.IPPROTO_TCP, option) for option in options)
            assert tcp.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert idle + interval * number <= 30
