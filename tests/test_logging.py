"""The logger `hostsdb` reports what an operator wants to know, and no value or password."""

import logging
import threading
import time
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import psycopg
import pytest

import hostsdb
from tests.conformance.calling import STYLES, Open
from tests.support.postgres_server import PostgresServer, fresh_database
from tests.test_pool import TERMINATE, ask, awaited, locked


@pytest.fixture(scope="module")
def url(postgres_server: PostgresServer) -> Iterator[str]:
    with fresh_database(postgres_server.url) as url:
        hostsdb.connect(url).close()
        yield url


@pytest.fixture(params=STYLES)
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    with STYLES[request.param]() as opened:
        yield opened


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"{r.levelname} {r.getMessage()}" for r in caplog.records if r.name == "hostsdb"]


def test_a_lost_connection_and_a_slow_wait(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with hostsdb.connect(f"{url}?max_connections=1", initialize=False) as storage:
        with locked(url):
            writer = threading.Thread(target=storage.add_host, args=("10.0.0.1", "never-logged"))
            writer.start()
            awaited(lambda: ask(url, "SELECT count(*) FROM pg_locks WHERE NOT granted"))
            reader = threading.Thread(target=storage.list_all)
            reader.start()
            awaited(lambda: storage.pool_stats() == hostsdb.PoolStats(1, 1, 0, 1))
            time.sleep(1.1)
            ask(url, TERMINATE.replace("pid <>", "wait_event_type = 'Lock' AND pid <>"))
            awaited(lambda: ask(url, "SELECT count(*) FROM pg_locks WHERE NOT granted"))
        writer.join()
        reader.join()
    lines = logged(caplog)
    assert any("waited" in line and "max_connections" in line for line in lines)
    assert "never-logged" not in caplog.text and (urlsplit(url).password or "postgres://") not in caplog.text


def test_a_connection_that_breaks_during_a_read(
    opened: Open, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(f"{url}?max_connections=1", initialize=False) as storage:
        storage.health_check()
        with psycopg.connect(url) as blocker:
            blocker.execute("LOCK TABLE host_events")
            timer = threading.Timer(0.5, lambda: ask(url, KILL_WAITING) and blocker.rollback())  # type: ignore[func-returns-value]
            timer.start()
            storage.count_events("h")
            timer.join()
    assert any(line.startswith("WARNING lost the connection to the database") for line in logged(caplog))


KILL_WAITING = TERMINATE.replace("pid <>", "wait_event_type = 'Lock' AND pid <>")


def test_an_unavailable_standby(opened: Open, url: str, caplog: pytest.LogCaptureFixture) -> None:
    standby = quote("postgres://me:hush@127.0.0.1:1/d?acquire_timeout=0.2", safe="")
    with opened(f"{url}?read_url={standby}", initialize=False) as storage:
        storage.list_all()
        storage.list_all()
    (line,) = logged(caplog)
    assert line.startswith("WARNING the primary serves reads") and "hush" not in line


def test_sessions_have_a_name(url: str, opened: Open) -> None:
    for given, expected in (("", "hostsdb"), ("?application_name=mine", "mine")):
        with opened(f"{url}{given}", initialize=False) as storage:
            storage.health_check()
            assert (
                ask(url, f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{expected}'") >= 1
            )
