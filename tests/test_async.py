"""asyncio: no threads on PostgreSQL; many tasks at once; a cancelled one leaves connection and database whole."""

import asyncio
import random
import socket
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import psycopg
import pytest

import hostsdb
from hostsdb import AsyncStorage, CommentUpdated, HostCreated, HostEvent
from hostsdb.formats.record import HostRecord

MANY = 60_000


@pytest.fixture(params=["current_postgres_url", "current_duckdb_url", "current_sqlite_url"])
def url(request: pytest.FixtureRequest) -> str:
    """A fresh database on each engine, with the schema."""
    return str(request.getfixturevalue(request.param))


def run(url: str, test: Callable[[AsyncStorage], Awaitable[None]]) -> None:
    async def main() -> None:
        async with await hostsdb.connect_async(url, initialize=False) as storage:
            await test(storage)
            async with asyncio.timeout(10):  # whatever happened, the kept state is the fold of the log
                assert await storage.list_all() == await storage.get_at_time(datetime.max.replace(tzinfo=UTC))

    asyncio.run(main())


async def cancelled(task: asyncio.Task, within: float = 2) -> None:
    task.cancel()
    async with asyncio.timeout(within):
        with pytest.raises(asyncio.CancelledError):
            await task


def lines() -> Iterator[HostRecord]:
    for number in range(MANY):
        yield HostRecord(number, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", "h", (), None)


def test_postgres_needs_no_threads(current_postgres_url: str) -> None:
    parts = urlsplit(current_postgres_url)
    # asyncio itself looks names up in a thread.
    server = f"{socket.gethostbyname(parts.hostname or '127.0.0.1')}:{parts.port or 5432}"
    url = parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@{server}").geturl()

    async def main() -> None:
        before = threading.enumerate()
        async with await hostsdb.connect_async(f"{url}?min_connections=3") as storage:
            await asyncio.gather(*(storage.add_host(f"10.0.0.{number}", "h") for number in range(20)))
            snapshot = await storage.create_snapshot()
            await storage.restore_snapshot(snapshot.snapshot_id or "")
            assert len(await storage.list_all()) == 20
            assert threading.enumerate() == before

    asyncio.run(main())


def test_many_tasks_share_a_storage(url: str) -> None:
    async def test(storage: AsyncStorage) -> None:
        added = await asyncio.gather(*(storage.add_host(f"10.0.0.{number}", "h") for number in range(50)))
        await asyncio.gather(
            *(storage.update_host(host.id, comment="x") for host in added[:30]),
            *(storage.delete_host(host.id) for host in added[30:]),
            *(storage.list_all() for _ in range(20)),
        )
        entries = await storage.list_all()
        assert {(entry.id, entry.comment) for entry in entries} == {(host.id, "x") for host in added[:30]}
        assert len(await storage.events_since(-1)) == 100

    run(url, test)


def test_a_long_import_is_cancelled(url: str) -> None:
    async def test(storage: AsyncStorage) -> None:
        for pause in (0.0, 0.02, 0.1, 0.3):
            task = asyncio.create_task(storage.import_hosts(lines()))
            await asyncio.sleep(pause)
            await cancelled(task)
            assert await storage.events_since(-1) == []
            assert await storage.list_all() == []
        summary = await storage.import_hosts(list(lines())[:100])
        assert summary.added == len(await storage.list_all()) == 100

    run(url, test)


def test_a_write_that_waits_on_postgres_is_cancelled(current_postgres_url: str) -> None:
    async def test(storage: AsyncStorage) -> None:
        with psycopg.connect(current_postgres_url) as locker:
            locker.execute("LOCK TABLE host_events IN EXCLUSIVE MODE")
            tasks: list[asyncio.Task] = [
                asyncio.create_task(storage.append_event(f"H{n}", HostCreated("10.0.0.1", f"{n}")))
                for n in range(2)
            ]
            tasks.append(
                asyncio.create_task(
                    storage.append_events("H3", [HostCreated("::3", "3"), CommentUpdated(None, "x")])
                )
            )
            await asyncio.sleep(0.3)
            for task in tasks:
                await cancelled(task)
            waiting = locker.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
            assert waiting == (0,)
        assert await storage.events_since(-1) == []
        await storage.append_event("H1", HostCreated("10.0.0.1", "1"))

    run(f"{current_postgres_url}?max_connections=3", test)


def test_a_write_that_waits_on_sqlite_is_cancelled(current_sqlite_url: str) -> None:
    with hostsdb.connect(current_sqlite_url) as before:
        snapshot = before.create_snapshot().snapshot_id or ""

    async def test(storage: AsyncStorage) -> None:
        locker = sqlite3.connect(current_sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        locker.execute("BEGIN IMMEDIATE")
        for write in (
            storage.append_event("H1", HostCreated("10.0.0.1", "1")),
            storage.restore_snapshot(snapshot),
        ):
            task = asyncio.create_task(write)
            await asyncio.sleep(0.2)
            await cancelled(task)
            assert await storage.list_all() == []  # a reader does not wait
        locker.execute("ROLLBACK")
        locker.close()
        await storage.append_event("H1", HostCreated("10.0.0.1", "1"))
        assert await storage.count_events("H1") == 1

    run(current_sqlite_url, test)


def test_tasks_cancelled_at_any_moment_leave_all_or_nothing(url: str) -> None:
    chance = random.Random(7)

    async def batch(storage: AsyncStorage, number: int) -> None:
        events: list[HostEvent] = [
            HostCreated(f"10.0.0.{number}", "h"),
            CommentUpdated(None, "x"),
            CommentUpdated("x", "y"),
        ]
        await storage.append_batch(
            [(f"A{number}", events, None), (f"B{number}", [HostCreated(f"::{number:x}", "h")], None)]
        )

    async def test(storage: AsyncStorage) -> None:
        for number in range(1, 61):
            task = asyncio.create_task(batch(storage, number))
            for _ in range(chance.randrange(1, 4)):  # cancelled again while it cleans up
                await asyncio.sleep(chance.choice([0, 0.001, 0.002, 0.005]))
                task.cancel()
            await asyncio.wait([task], timeout=5)
            assert task.done() and (task.cancelled() or task.exception() is None)
            # By one statement: a commit may still be under way, between two.
            stored = {
                host.id: host.comment for host in await storage.list_all() if host.id[1:] == str(number)
            }
            whole = {f"A{number}": "y", f"B{number}": None}
            assert stored == whole or (task.cancelled() and stored == {})
        await asyncio.gather(*(batch(storage, number) for number in range(100, 110)))

    run(f"{url}?max_connections=2" if url.startswith("postgres") else url, test)


def test_closing_waits_for_what_runs(current_duckdb_url: str, current_sqlite_url: str) -> None:
    async def main(url: str) -> None:
        storage = await hostsdb.connect_async(url)
        tasks = [asyncio.create_task(storage.add_host(f"10.0.0.{number}", "h")) for number in range(5)]
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await storage.close()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(results[0], hostsdb.HostEntry)
        assert all(isinstance(r, hostsdb.HostEntry | hostsdb.ConnectionFailed) for r in results)

    for url in (current_duckdb_url, current_sqlite_url):
        asyncio.run(main(url))


def test_an_embedded_engine_does_not_stop_the_event_loop(current_sqlite_url: str) -> None:

    async def test(storage: AsyncStorage) -> None:
        locker = sqlite3.connect(current_sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        locker.execute("BEGIN IMMEDIATE")
        task = asyncio.create_task(storage.append_event("H1", HostCreated("10.0.0.1", "1")))
        for _ in range(10):
            async with asyncio.timeout(1):
                await asyncio.sleep(0.02)
        assert not task.done()
        locker.execute("ROLLBACK")
        locker.close()
        assert (await task).aggregate_id == "H1"

    run(current_sqlite_url, test)
