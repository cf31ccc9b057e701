"""Ctrl-C in a thread that takes a connection from the pool, waits for one, or returns one: no connection is lost."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest

import hostsdb
from hostsdb import HostCreated, Storage
from tests.support.interrupting import interrupted_at
from tests.support.postgres_server import PostgresServer, fresh_database
from tests.test_pool import awaited, locked

_POOL = ("psycopg_pool/", "hostsdb/engines/")


@pytest.fixture(scope="module")
def url(postgres_server: PostgresServer) -> Iterator[str]:
    """A database with the schema, and a pool of one connection."""
    with fresh_database(postgres_server.url) as url:
        hostsdb.connect(url).close()
        yield f"{url}?max_connections=1&acquire_timeout=5"


def _read(storage: Storage, _: int) -> None:
    storage.health_check()


def _add_in_a_transaction(storage: Storage, number: int) -> None:
    with storage.transaction() as transaction:
        transaction.append_event(f"t{number}", HostCreated("10.0.0.1", f"t{number}"))


def _consume(storage: Storage, _: int) -> None:
    with storage.consuming("c"):
        pass


@pytest.mark.parametrize("call", [_read, _add_in_a_transaction, _consume])
def test_at_each_line(url: str, call: Callable[[Storage, int], None]) -> None:
    with hostsdb.connect(url, initialize=False) as storage:
        call(storage, 0)
        for number in range(1, 2000):
            place = interrupted_at(number, _POOL, lambda number=number: call(storage, number))  # type: ignore[misc]
            if not place:
                break
            began = time.monotonic()
            assert storage.health_check(), place
            assert time.monotonic() - began < 4, place
            assert storage.pool_stats().connections == 1
        assert 100 < number < 2000


@contextmanager
def _interrupt() -> Iterator[None]:
    """Send SIGINT to this thread soon. It ends the block."""
    sent = threading.Timer(0.2, signal.pthread_kill, [threading.get_ident(), signal.SIGINT])
    sent.start()
    with pytest.raises(KeyboardInterrupt):
        yield
    sent.join()


def test_while_others_wait_too(url: str) -> None:
    with hostsdb.connect(url, initialize=False) as storage, ThreadPoolExecutor() as threads:
        with locked(url.split("?")[0]):
            appended = threads.submit(storage.append_event, "a", HostCreated("10.0.0.1", "a"))
            awaited(lambda: len(storage._database.engine.used) == 1)  # type: ignore[attr-defined]
            waiting = [threads.submit(storage.health_check) for _ in range(3)]
            awaited(lambda: storage.pool_stats().waiting == 3)
            with _interrupt():
                storage.health_check()
            assert all(each.result(5) for each in waiting)
        assert appended.result(5).aggregate_id == "a"
        assert storage.health_check()


def test_while_no_server_answers(url: str) -> None:
    """As at a prompt: call, Ctrl-C, call again."""
    plain = url.split("?")[0]
    server, name = plain.rsplit("/", 1)
    with hostsdb.connect(url, initialize=False) as storage, psycopg.connect(server, autocommit=True) as admin:
        assert storage.health_check()
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        for _ in range(2):
            with _interrupt():
                storage.health_check()
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        assert storage.health_check()
