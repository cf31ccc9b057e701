"""Followers of a log that ends before their position."""

import logging
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import duckdb
import psycopg
import pytest

import hostsdb
from hostsdb import HostCreated, Storage, StoredEvent

FAR = 1 << 50


def name(event: StoredEvent) -> str:
    assert isinstance(event.event, HostCreated)
    return event.event.hostname


def move_consumer(storage: Storage, url: str, position: int) -> None:
    """Store a position of the consumer c, as a restore of an older log beside a newer table does."""
    sql = f"UPDATE consumers SET position = {position} WHERE name = 'c'"
    if storage.backend_name == "postgres":
        with psycopg.connect(url.partition("?")[0], autocommit=True) as connection:
            connection.execute(sql)
    elif storage.backend_name == "sqlite":
        with sqlite3.connect(url.removeprefix("sqlite:///")) as file:
            file.execute(sql)
        file.close()
    else:
        with duckdb.connect(url.removeprefix("duckdb:///")) as database:
            database.execute(sql)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_watch_beyond_the_end_reports_it_once_and_yields_every_new_event(
    storage: Storage, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    storage.add_host("10.0.0.1", "old")
    end = storage.log_end()
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(add_later, url)
        events = storage.watch(end + FAR, timeout=3)
        assert [name(event) for event in islice(events, 3)] == ["new0", "new1", "new2"]
        writing.result()
    assert len(warnings(caplog)) == 1
    assert f"up to position {end + FAR} were read" in warnings(caplog)[0]


def add_later(url: str) -> None:
    time.sleep(0.3)
    with hostsdb.connect(url, initialize=False) as storage:
        for number in range(3):
            storage.add_host("10.0.0.2", f"new{number}")


def test_a_consumer_beyond_the_end_reports_it_once_and_gets_every_new_event(
    storage: Storage, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    storage.add_host("10.0.0.1", "old")
    with storage.consuming("c"):
        pass
    move_consumer(storage, url, storage.log_end() + FAR)
    for _ in range(2):
        with storage.consuming("c") as batch:
            assert batch.events == []
    assert len(warnings(caplog)) == 1 and "the log was rewound" in warnings(caplog)[0]
    assert storage.list_consumers()[0].position == storage.log_end()
    for number in range(3):
        storage.add_host("10.0.0.2", f"new{number}")
        with storage.consuming("c") as batch:
            assert [name(event) for event in batch.events] == [f"new{number}"]
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize("after", [-1, 0])
def test_an_empty_log_has_not_been_rewound(
    storage: Storage, after: int, caplog: pytest.LogCaptureFixture
) -> None:
    assert list(storage.watch(after, timeout=0)) == []
    with storage.consuming("c") as batch:
        assert batch.events == []
    assert warnings(caplog) == []
