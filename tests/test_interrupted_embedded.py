"""Ctrl-C at each line of a call on an embedded engine: no lock stays held, and no transaction stays open."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

import hostsdb
from hostsdb import HostCreated, Storage
from tests.support.interrupting import interrupted_at

_ENGINE = ("hostsdb/engines/",)
_OTHERS = 5  # how long another thread may wait, in seconds


def _add(storage: Storage, number: int) -> None:
    storage.append_event(f"a{number}", HostCreated("10.0.0.1", f"a{number}"))


def _add_in_a_transaction(storage: Storage, number: int) -> None:
    with storage.transaction() as transaction:
        transaction.append_event(f"t{number}", HostCreated("10.0.0.1", f"t{number}"))


def _consume(storage: Storage, _: int) -> None:
    with storage.consuming("c"):
        pass


def _read(storage: Storage, _: int) -> None:
    storage.count()


CASES = [
    ("sqlite", _add),
    ("sqlite", _add_in_a_transaction),
    ("sqlite", _consume),
    ("sqlite", _read),
    ("duckdb", _consume),
    ("duckdb", _read),
]


@pytest.mark.parametrize(("engine", "call"), CASES)
def test_at_each_line(tmp_path: Path, engine: str, call: Callable[[Storage, int], None]) -> None:
    file = tmp_path / "hosts.db"
    with hostsdb.connect(f"{engine}:///{file}") as storage, ThreadPoolExecutor() as others:
        for number in range(1, 2000):
            place = interrupted_at(number, _ENGINE, lambda number=number: call(storage, number))  # type: ignore[misc]
            if not place:
                break
            assert others.submit(storage.count).result(_OTHERS) >= 0, place
            if engine == "sqlite":  # another process can write
                with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as other:
                    other.execute("BEGIN IMMEDIATE")
            assert storage.health_check(), place
        assert 10 < number < 1000
