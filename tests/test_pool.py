"""PostgreSQL's connections: broken ones replaced, waits bounded, one round trip an append, no password anywhere."""

import asyncio
import logging
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest

import hostsdb
from hostsdb import ConnectionFailed, HostCreated, StoredEvent
from tests.conformance.calling import STYLES, Open
from tests.support.postgres_proxy import counting_proxy
from tests.support.postgres_server import PostgresServer, fresh_database, wrong_password

TERMINATE = """
    SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
CONNECTIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture(scope="module")
def url(postgres_server: PostgresServer) -> Iterator[str]:
    """A database with the schema, for all tests of this file."""
    with fresh_database(postgres_server.url) as url:
        hostsdb.connect(url).close()
        yield url


@pytest.fixture(params=STYLES)
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    """What opens a storage in the call style."""
    with STYLES[request.param]() as opened:
        yield opened


def ask(url: str, query: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])


def awaited(condition: object) -> None:
    assert callable(condition)
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Whoever appends waits."""
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE host_events IN EXCLUSIVE MODE")
        yield


@pytest.mark.parametrize("connections", [1, 4])
def test_a_connection_that_was_killed_is_not_handed_out(opened: Open, url: str, connections: int) -> None:
    with opened(f"{url}?min_connections={connections}", initialize=False) as storage:
        storage.health_check()
        awaited(lambda: ask(url, CONNECTIONS) >= 1 and storage.health_check())
        for _ in range(3):
            assert ask(url, TERMINATE) >= 1
            for _ in range(connections + 1):
                storage.health_check()


def test_an_append_whose_connection_is_killed_in_use_goes_on_by_itself(url: str) -> None:
    with hostsdb.connect(f"{url}?max_connections=1", initialize=False) as storage:
        with locked(url):
            stored: list[StoredEvent] = []
            event = HostCreated("10.9.9.9", "killed")
            waiting = threading.Thread(target=lambda: stored.append(storage.append_event("killed", event)))
            waiting.start()
            awaited(lambda: ask(url, "SELECT count(*) FROM pg_locks WHERE NOT granted"))
            ask(url, TERMINATE.replace("pid <>", "wait_event_type = 'Lock' AND pid <>"))
            awaited(lambda: ask(url, "SELECT count(*) FROM pg_locks WHERE NOT granted"))
        waiting.join()
        assert storage.load_events("killed") == stored


def test_a_wait_for_a_connection_ends_in_time_and_says_how_long_it_was(url: str) -> None:
    with hostsdb.connect(f"{url}?max_connections=1&acquire_timeout=0.5", initialize=False) as storage:
        with locked(url):
            holder = threading.Thread(target=storage.append_event, args=("H1", HostCreated("10.0.0.1", "h1")))
            holder.start()
            awaited(lambda: ask(url, "SELECT count(*) FROM pg_locks WHERE NOT granted"))
            begin = time.monotonic()
            with pytest.raises(ConnectionFailed, match=r"within 0\.5 s.*max_connections=1") as caught:
                storage.health_check()
            assert 0.4 < time.monotonic() - begin < 5
            assert caught.value.__cause__ is not None
        holder.join()
        storage.health_check()
        assert storage.count_events("H1") == 1


def test_an_async_wait_for_a_connection_ends_in_time(url: str) -> None:
    async def main() -> None:
        async with await hostsdb.connect_async(f"{url}?max_connections=1&acquire_timeout=0.5") as storage:
            with locked(url):
                holder = asyncio.create_task(storage.append_event("H2", HostCreated("10.0.0.2", "h2")))
                await asyncio.sleep(0.1)
                with pytest.raises(ConnectionFailed, match=r"within 0\.5 s"):
                    await storage.health_check()
            await holder
            await storage.health_check()

    asyncio.run(main())


def test_idle_connections_are_given_back(url: str) -> None:
    with hostsdb.connect(f"{url}?max_connections=4&idle_timeout=0.3", initialize=False) as storage:
        threads = [threading.Thread(target=storage.health_check) for _ in range(4)]
        with locked(url):
            writers = [threading.Thread(target=storage.add_host, args=(f"10.1.0.{n}", "x")) for n in range(4)]
            for writer in writers:
                writer.start()
            awaited(lambda: ask(url, CONNECTIONS) >= 5)  # the locker is one of them
        for thread in threads:
            thread.start()
        for thread in threads + writers:
            thread.join()
        awaited(lambda: ask(url, CONNECTIONS) == 1)


@pytest.mark.parametrize(
    ("netloc", "named", "reason"),
    [
        ("postgres:hush@127.0.0.1:1", "127.0.0.1:1", "refused"),
        ("postgres:hush@127.0.0.1:1,[::1]:1", r"127.0.0.1:1.*\[::1\]:1", "refused"),
    ],
)
def test_a_server_that_is_not_there_is_waited_for_and_named(
    opened: Open,
    url: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    netloc: str,
    named: str,
    reason: str,
) -> None:
    monkeypatch.setattr("hostsdb.engines.postgres_waiting._REPORT_AFTER", 0.1)  # 1 s otherwise
    nowhere = urlsplit(url)._replace(netloc=netloc, query="acquire_timeout=0.4").geturl()
    begin = time.monotonic()
    failed_connect(opened, nowhere, f"at {named}.* within 0.4 s: .*{reason}.*acquire_timeout", caplog)
    assert time.monotonic() - begin > 0.35
    assert "max_connections" not in caplog.text
    assert sum("waiting for the database" in line for line in caplog.messages) == 1


def test_an_unknown_database_is_told_quickly(
    opened: Open, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    failed_connect(opened, urlsplit(url)._replace(path="/no_such").geturl(), "does not exist", caplog)


def test_a_wrong_password_is_told_quickly(opened: Open, url: str, caplog: pytest.LogCaptureFixture) -> None:
    failed_connect(opened, wrong_password(url), "password", caplog)


def failed_connect(opened: Open, url: str, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="psycopg")  # which keeps to warnings otherwise
    begin = time.monotonic()
    with pytest.raises(ConnectionFailed, match=reason) as caught, opened(url):
        pass
    assert time.monotonic() - begin < 5
    assert isinstance(caught.value.__cause__, psycopg.Error)
    # Not every urlsplit reads several hosts with an IPv6 address.
    if found := re.search(r"//[^/@]*:([^/@]+)@", url):
        password = found[1]
        assert password not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r} {caplog.text}"


def test_no_password_is_in_what_is_logged_about_a_lost_server(
    opened: Open, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="psycopg")  # which keeps to warnings otherwise
    with opened(f"{url}?min_connections=2&application_name=x", initialize=False) as storage:
        storage.health_check()
        ask(url, TERMINATE)
        storage.health_check()
        assert (urlsplit(url).password or "postgres://") not in f"{storage!r} {vars(storage)!r}"
    assert caplog.text and (urlsplit(url).password or "postgres://") not in caplog.text


def test_the_next_of_several_servers_is_taken(opened: Open, url: str) -> None:
    netloc = urlsplit(url).netloc
    credentials, at, server = netloc.rpartition("@")
    several = urlsplit(url)._replace(netloc=f"{credentials}{at}127.0.0.1:1,{server}").geturl()
    with opened(f"{several}?target_session_attrs=read-write", initialize=False) as storage:
        storage.health_check()


def test_calls_one_after_the_other_use_one_connection(opened: Open, current_postgres_url: str) -> None:
    with opened(current_postgres_url) as storage:
        for number in range(4):
            storage.append_event(f"H{number}", HostCreated("10.0.0.1", f"h{number}.lan"))
        assert ask(current_postgres_url, CONNECTIONS) == 1


def test_an_append_is_one_round_trip(opened: Open, current_postgres_url: str) -> None:
    with (
        counting_proxy(current_postgres_url) as proxy,
        opened(f"{proxy.url}?sslmode=disable&max_connections=1", initialize=False) as storage,
    ):
        trips = []
        for number in range(20):
            before = proxy.round_trips
            storage.append_event(f"H{number}", HostCreated(f"10.0.0.{number}", "h"))
            trips.append(proxy.round_trips - before)
        assert trips[1:5] == [1] * 4  # the first one connects
        assert sum(trips[5:]) == 16  # psycopg prepares a statement once
        many = [(f"many{number}", [HostCreated(f"10.1.0.{number}", "h")], None) for number in range(500)]
        before = proxy.round_trips
        storage.append_batch(many)
        assert proxy.round_trips - before <= 2
