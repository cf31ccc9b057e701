"""storage.within(connection): on a connection of the application's own, in its transaction."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import duckdb
import psycopg
import pytest
from psycopg.rows import dict_row

import hostsdb
from hostsdb import DuplicateEntry, QueryFailed, Storage


@pytest.fixture(params=["postgres_url", "duckdb_url", "sqlite_url"])
def url(request: pytest.FixtureRequest) -> str:
    """A fresh database on each engine."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def storage(url: str) -> Iterator[Storage]:
    with hostsdb.connect(url) as storage:
        yield storage


@contextmanager
def own_connection(url: str) -> Iterator[Any]:
    """An application's connection, with settings that would change what hostsdb reads, in a transaction."""
    path = url.partition(":///")[2]
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(path)) as connection:
            connection.row_factory, connection.text_factory = sqlite3.Row, bytes
            yield connection
    elif url.startswith("duckdb"):
        with duckdb.connect(path) as connection:
            connection.execute("SET TimeZone = 'Asia/Kolkata'")
            connection.begin()
            yield connection
    else:
        with psycopg.connect(url, row_factory=dict_row) as connection:
            connection.adapters.register_loader("text", psycopg.types.string.TextBinaryLoader)
            connection.execute("SET TimeZone = 'Asia/Kolkata'")
            connection.execute("SET DateStyle = 'German'")
            yield connection


def settings(connection: Any, url: str) -> list[Any]:
    if url.startswith("sqlite"):
        return [connection.row_factory, connection.text_factory, connection.isolation_level]
    if url.startswith("duckdb"):
        return connection.execute("SELECT current_setting('TimeZone')").fetchall()  # type: ignore[no-any-return]
    return connection.execute(  # type: ignore[no-any-return]
        "SELECT current_setting('TimeZone') AS z, current_setting('DateStyle') AS d"
    ).fetchall()


def test_calls_and_the_application_s_rows_are_one_transaction(storage: Storage, url: str) -> None:
    for outcome in ("rollback", "commit"):
        with own_connection(url) as connection:
            before = settings(connection, url)
            connection.execute("CREATE TABLE IF NOT EXISTS machines (id TEXT)")
            inside = storage.within(connection)
            host = inside.add_host("10.0.0.1", "a.lan", comment="é")
            inside.update_host(host.id, tags=["x"])
            connection.execute(f"INSERT INTO machines VALUES ('{host.id}')")
            assert inside.list_all() == [inside.get_by_id(host.id)]
            assert inside.get_by_id(host.id).updated_at.utcoffset() == host.updated_at.utcoffset()
            assert inside.load_events(host.id)[0].event == hostsdb.HostCreated("10.0.0.1", "a.lan", "é")
            with storage.within(connection) as again:
                assert again.count_events(host.id) == 2
            assert settings(connection, url) == before
            getattr(connection, outcome)()
        assert len(storage.list_all()) == (outcome == "commit")
    assert storage.get_by_id(host.id).tags == ("x",)
    with own_connection(url) as connection:
        assert len(connection.execute("SELECT id FROM machines").fetchall()) == 1


def test_a_refused_call_leaves_the_transaction_usable(storage: Storage, url: str) -> None:
    storage.add_host("10.0.0.1", "a.lan")
    with own_connection(url) as connection:
        inside = storage.within(connection)
        with pytest.raises(DuplicateEntry):
            inside.add_host("10.0.0.1", "a.lan")
        inside.add_host("10.0.0.2", "b.lan")
        connection.commit()
    assert len(storage.list_all()) == 2


def test_duckdb_aborts_what_it_cannot_undo(duckdb_url: str) -> None:
    with hostsdb.connect(duckdb_url) as storage, duckdb.connect(duckdb_url[10:]) as connection:
        connection.begin()
        inside = storage.within(connection)
        inside.save_snapshot(hostsdb.Snapshot("", 0, snapshot_id="s"))
        with pytest.raises(hostsdb.InvalidData):
            inside.save_snapshot(hostsdb.Snapshot("x", 0, snapshot_id="s"))
        with pytest.raises(QueryFailed, match="no savepoints"):
            inside.list_all()
        connection.commit()  # DuckDB rolls back
        assert storage.list_snapshots() == []


def test_without_a_transaction_nothing_is_stored(storage: Storage, url: str) -> None:
    path = url.partition(":///")[2]
    connection: Any
    if url.startswith("sqlite"):
        connection = sqlite3.connect(path, isolation_level=None)
    else:
        connection = (
            duckdb.connect(path) if url.startswith("duckdb") else psycopg.connect(url, autocommit=True)
        )
    with closing(connection), pytest.raises(QueryFailed, match="begin"):
        storage.within(connection).add_host("10.0.0.1", "a.lan")
    assert storage.list_all() == []


def test_another_driver_s_connection_is_refused(storage: Storage) -> None:
    for other in (None, storage):
        with pytest.raises(TypeError, match="within"):
            storage.within(other)


def test_a_consumer_s_connection(storage: Storage) -> None:
    storage.add_host("10.0.0.1", "a.lan")
    with storage.consuming("copy") as batch:
        inside = storage.within(batch.connection)
        for envelope in batch.events:
            inside.update_host(envelope.aggregate_id or "", comment="seen")
    assert storage.list_all()[0].comment == "seen"
    assert len(storage.list_consumers()) == 1


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_the_caller_s_isolation_level(postgres_url: str, level: str) -> None:
    with hostsdb.connect(postgres_url) as storage, psycopg.connect(postgres_url) as connection:
        host = storage.add_host("10.0.0.1", "a.lan")
        connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        inside = storage.within(connection)
        assert inside.get_by_id(host.id) == host
        storage.update_host(host.id, comment="theirs")
        if level == "READ COMMITTED":
            assert inside.update_host(host.id, tags=["x"]).comment == "theirs"
        else:
            with pytest.raises(QueryFailed, match="another transaction"):
                inside.update_host(host.id, tags=["x"])
        inside.add_host("10.0.0.2", "b.lan")
        connection.commit()
    with hostsdb.connect(postgres_url) as storage:
        assert len(storage.list_all()) == 2


def test_a_lost_connection_is_not_replaced(postgres_url: str) -> None:
    with hostsdb.connect(postgres_url) as storage:
        with pytest.raises(hostsdb.ConnectionFailed), storage.transaction() as inside:
            inside.add_host("10.0.0.1", "a.lan")
            with psycopg.connect(postgres_url, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            with pytest.raises(hostsdb.ConnectionFailed):
                inside.add_host("10.0.0.2", "b.lan")
            with pytest.raises(hostsdb.ConnectionFailed):
                inside.list_all()
        assert storage.list_all() == []


def test_asyncio(postgres_url: str) -> None:
    async def main() -> None:
        async with await hostsdb.connect_async(postgres_url) as storage:
            for outcome in ("rollback", "commit"):
                async with await psycopg.AsyncConnection.connect(postgres_url) as connection:
                    await connection.execute("CREATE TABLE machines (id text)")
                    async with storage.within(connection) as inside:
                        host = await inside.add_host("10.0.0.1", "a.lan")
                        with pytest.raises(DuplicateEntry):
                            await inside.add_host("10.0.0.1", "a.lan")
                    await connection.execute("INSERT INTO machines VALUES (%s)", [host.id])
                    await getattr(connection, outcome)()
                assert len(await storage.list_all()) == (outcome == "commit")
            with pytest.raises(TypeError):
                storage.within(sqlite3)
        async with await hostsdb.connect_async("sqlite://:memory:") as storage:
            with pytest.raises(TypeError, match="PostgreSQL"):
                storage.within(None)

    asyncio.run(main())
