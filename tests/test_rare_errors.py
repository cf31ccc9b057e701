"""Errors that a test cannot easily cause with a real database, from what the driver would report."""

import sqlite3

import duckdb
import pytest

from hostsdb import ConnectionFailed, QueryFailed, StorageError
from hostsdb.engine_errors import ConnectionLost
from hostsdb.engines import duckdb_errors
from hostsdb.engines.postgres_servers import in_order
from hostsdb.engines.sqlite import SQLiteConnection
from hostsdb.url import parse_url


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (duckdb.IOException("Corrupt database file: a checksum"), QueryFailed, "x.db is damaged"),
        (
            duckdb.IOException('IO Error: Could not write file "x.db": No space left on device'),
            QueryFailed,
            "nothing of this operation was stored in x.db .* make room on its disk",
        ),
        (duckdb.ConnectionException("Connection already closed"), ConnectionFailed, "already closed"),
    ],
)
def test_duckdb(error: duckdb.Error, kind: type[StorageError], words: str) -> None:
    with pytest.raises(kind, match=words) as mapped:
        raise duckdb_errors.storage_error(error, "x.db")
    assert type(mapped.value) is kind


def test_a_damaged_duckdb_file_is_not_opened() -> None:
    error = duckdb.IOException("Could not read enough bytes from file\nmore")
    with pytest.raises(ConnectionFailed, match=r"x.db is damaged \(Could not .* file\); restore a backup"):
        raise duckdb_errors.not_opened(error, "x.db")


def test_a_sqlite_file_that_was_moved() -> None:
    error = sqlite3.OperationalError("attempt to write a readonly database")
    error.sqlite_errorname = "SQLITE_READONLY_DBMOVED"
    connection = SQLiteConnection(parse_url("sqlite://:memory:"))
    with pytest.raises(ConnectionLost, match="was replaced by another file"):
        raise connection._storage_error(error)
    connection.close()


def test_the_order_of_several_servers() -> None:
    both = {"host": "a,b", "port": "1,2"}
    a, b = ({"host": host, "port": port} for host, port in (("a", "1"), ("b", "2")))
    assert in_order(both) == [a, b]
    random = {"load_balance_hosts": "random"}
    assert {each["host"] for each in in_order(both | random)} == {"a", "b"}
    assert in_order(both | {"target_session_attrs": "prefer-standby"}) == [
        each | {"target_session_attrs": wanted} for wanted in ("standby", "any") for each in (a, b)
    ]
    wrong = {"host": "a,b,c", "port": "1,2"}
    assert in_order(wrong) == [wrong]  # libpq reports it
