"""A consumer's turn: its position moves only in the transaction of its block, and it waits no longer than it says."""

from collections.abc import Callable
from threading import Event, Thread
from time import monotonic
from typing import Any

import psycopg
import pytest

import hostsdb
from hostsdb import InvalidData, NotFound, QueryFailed, Storage
from tests.conformance.samples import new_host, whole_log

OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def executes(*statements: str) -> Callable[[Any], None]:
    def execute(connection: Any) -> None:
        for statement in statements:
            connection.execute(statement)

    return execute


LOSSES: dict[str, Callable[[Any], None]] = {
    "commit": executes("COMMIT"),
    "rollback": executes("ROLLBACK"),
    "another transaction": executes("COMMIT", "BEGIN"),
    "another after a rollback": executes("ROLLBACK", "BEGIN"),
    "connection.commit": lambda connection: connection.commit(),
    "connection.rollback": lambda connection: connection.rollback(),
}


def test_a_block_that_ends_its_transaction_is_an_error(storage: Storage) -> None:
    for events in range(2):
        for loss in LOSSES.values():
            with (
                pytest.raises(QueryFailed, match="ended before the block"),
                storage.consuming("dns") as batch,
            ):
                assert len(batch.events) == events
                loss(batch.connection)
            assert storage.list_consumers() == []
        if events == 0:
            new_host(storage)
    with storage.consuming("dns") as batch:
        assert (len(batch.events), batch.position) == (1, -1)


def test_an_ignored_error_of_a_statement(storage: Storage, url: str) -> None:
    new_host(storage)

    def consume() -> None:
        with storage.consuming("dns") as batch, pytest.raises(Exception, match="nowhere"):
            batch.connection.execute("SELECT * FROM nowhere")

    if url.startswith("sqlite"):  # SQLite undoes the statement alone
        consume()
        assert len(storage.list_consumers()) == 1
    else:
        with pytest.raises(QueryFailed, match="ended before the block"):
            consume()
        assert storage.list_consumers() == []


@pytest.mark.parametrize("is_noticed", [True, False])
def test_a_lost_connection(storage: Storage, url: str, is_noticed: bool) -> None:
    if not url.startswith("postgres"):
        pytest.skip("only PostgreSQL has a connection that can be lost")
    new_host(storage)
    with pytest.raises(hostsdb.ConnectionFailed), storage.consuming("dns") as batch:
        with psycopg.connect(url.partition("?")[0], autocommit=True) as other:
            other.execute(OTHERS)
        if is_noticed:
            with pytest.raises(psycopg.Error):
                batch.connection.execute("SELECT 1")
    assert storage.list_consumers() == []
    with storage.consuming("dns") as batch:
        assert len(batch.events) == 1


def test_settings_of_the_connection(storage: Storage) -> None:
    new_host(storage)
    for _ in range(2):
        with storage.consuming("dns") as batch:
            assert isinstance(batch.events, list)
            raw = getattr(batch.connection, "_of", batch.connection)
            for name in ("row_factory", "text_factory"):
                if hasattr(raw, name):
                    setattr(raw, name, lambda *_: None)
    assert [consumer.name for consumer in storage.list_consumers()] == ["dns"]
    assert len(storage.list_all()) == 1


def test_a_new_consumer_begins_at_the_end(storage: Storage) -> None:
    for _ in range(2):
        with storage.consuming("late", start="end") as batch:
            assert (batch.events, batch.position) == ([], -1)
    for number in range(3):
        new_host(storage, number)
    with storage.consuming("later", start="end", timeout=0.05) as batch:
        assert batch.events == []
    log = whole_log(storage)
    with storage.consuming("late", start="end") as batch:
        assert batch.events == log
    new_host(storage, 4)
    rest = whole_log(storage)[3:]
    with storage.consuming("later", start="end") as batch:
        assert (batch.events, batch.position) == (rest, log[-1].position)
    with pytest.raises(InvalidData), storage.consuming("x", start="middle"):  # type: ignore[arg-type]
        pass


def test_a_consumer_is_reset_and_removed(storage: Storage) -> None:
    for number in range(3):
        new_host(storage, number)
    log = whole_log(storage)
    with storage.consuming("dns"):
        pass
    for position, rest in ((log[0].position, log[1:]), (-1, log), (log[2].position, [])):
        storage.reset_consumer("dns", position or 0)
        with storage.consuming("dns") as batch:
            assert batch.events == rest
    for bad in (-2, log[2].position + 1, 2**63 - 1):
        with pytest.raises(InvalidData, match="no position of this log"):
            storage.reset_consumer("dns", bad)
    storage.remove_consumer("dns")
    assert storage.list_consumers() == []
    for call in (lambda: storage.reset_consumer("dns", -1), lambda: storage.remove_consumer("dns")):
        with pytest.raises(NotFound, match='no consumer has the name "dns"'):
            call()


def test_a_turn_is_waited_for_as_long_as_for_an_event(url: str) -> None:
    """Two threads of one storage on the engines with one connection; two sessions on the others."""
    has, leave = Event(), Event()
    with hostsdb.connect(url, initialize=False) as storage:
        new_host(storage)

        def hold() -> None:
            with storage.consuming("dns"):
                has.set()
                leave.wait(10)

        holder = Thread(target=hold)
        holder.start()
        has.wait(10)
        begin = monotonic()
        with pytest.raises(QueryFailed, match="try again later"), storage.consuming("dns", timeout=0.2):
            pass
        assert 0.2 <= monotonic() - begin < 3
        leave.set()
        holder.join()
        with storage.consuming("dns", timeout=0.01) as batch:
            assert batch.events == []
