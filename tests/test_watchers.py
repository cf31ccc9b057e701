"""Many watchers of one storage on PostgreSQL: each gets every event, and all share one session that listens."""

import asyncio
from collections.abc import Iterator
from threading import Thread

import psycopg
import pytest

import hostsdb
from tests.support.postgres_server import PostgresServer, fresh_database
from tests.test_pool import ask, awaited

WATCHERS, EVENTS = 50, 3
MAX_CONNECTIONS = 4
SESSIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
NOT_LISTENING = f"{SESSIONS} AND application_name = 'again' AND query LIKE 'UNLISTEN%'"
LISTENING = f"{SESSIONS} AND query LIKE '%LISTEN %' AND query NOT LIKE 'UNLISTEN%'"
KILL_LISTENER = "SELECT count(pg_terminate_backend(pid, 5000))" + LISTENING.partition("count(*)")[2]


@pytest.fixture(scope="module")
def url(postgres_server: PostgresServer) -> Iterator[str]:
    with fresh_database(postgres_server.url) as url:
        hostsdb.connect(url).close()
        yield url


def add_hosts(url: str, name: str, seen: list[list[str]]) -> None:
    """Add hosts, one after the other, each when all watchers have the one before; kill the listener in between."""
    with hostsdb.connect(f"{url}?max_connections=1&application_name=writer", initialize=False) as writer:
        for number in range(EVENTS):
            assert ask(url, f"{SESSIONS} AND application_name <> 'writer'") <= MAX_CONNECTIONS + 2
            assert ask(url, LISTENING) == 1
            writer.add_host(f"10.0.0.{number}", name)
            awaited(lambda expected=number + 1: all(len(each) == expected for each in seen))
            if number == 0:
                assert ask(url, KILL_LISTENER) == 1
                awaited(lambda: ask(url, LISTENING) == 1)


def test_threads_share_one_listener(url: str) -> None:
    with hostsdb.connect(f"{url}?max_connections={MAX_CONNECTIONS}", initialize=False) as storage:
        begin = storage.log_end()
        seen: list[list[str]] = [[] for _ in range(WATCHERS)]

        def watch(number: int) -> None:
            for event in storage.watch(begin):
                seen[number].append(event.event.hostname)  # type: ignore[union-attr]
                if len(seen[number]) == EVENTS:
                    return

        threads = [Thread(target=watch, args=[number]) for number in range(WATCHERS)]
        for thread in threads:
            thread.start()
        awaited(lambda: ask(url, LISTENING) == 1)
        add_hosts(url, "threads", seen)
        for thread in threads:
            thread.join(10)
        assert seen == [["threads"] * EVENTS] * WATCHERS
        awaited(lambda: ask(url, LISTENING) == 0)  # it listens no longer


def test_waiting_again_opens_no_session(url: str) -> None:
    with hostsdb.connect(f"{url}?max_connections=1&application_name=again", initialize=False) as storage:
        listener: set[int] = set()
        for number in range(3):
            with storage.consuming(f"again{number}", start="end", timeout=0.2) as batch:
                assert batch.events == []
            awaited(lambda: ask(url, f"{NOT_LISTENING}") == 1)
            listener.add(ask(url, NOT_LISTENING.replace("count(*)", "pid")))
            host = storage.add_host(f"10.1.0.{number}", "again")
            assert [event.aggregate_id for event in storage.watch(host.first_position - 1, timeout=0.2)] == [
                host.id
            ]
        assert len(listener) == 1


def test_tasks_share_one_listener(url: str) -> None:
    async def main() -> list[list[str]]:
        connecting = hostsdb.connect_async(f"{url}?max_connections={MAX_CONNECTIONS}", initialize=False)
        async with await connecting as storage:
            begin = await storage.log_end()
            seen: list[list[str]] = [[] for _ in range(WATCHERS)]

            async def watch(number: int) -> None:
                async for event in storage.watch(begin):
                    seen[number].append(event.event.hostname)  # type: ignore[union-attr]
                    if len(seen[number]) == EVENTS:
                        return

            async with asyncio.TaskGroup() as group:
                for number in range(WATCHERS):
                    group.create_task(watch(number))
                await asyncio.to_thread(awaited, lambda: ask(url, LISTENING) == 1)
                await asyncio.to_thread(add_hosts, url, "tasks", seen)
            await asyncio.to_thread(awaited, lambda: ask(url, LISTENING) == 0)
            return seen

    assert asyncio.run(main()) == [["tasks"] * EVENTS] * WATCHERS


def test_watchers_end_with_the_storage(url: str) -> None:
    errors: list[str] = []
    storage = hostsdb.connect(url, initialize=False)

    def watch() -> None:
        try:
            next(storage.watch(timeout=60))
        except hostsdb.ConnectionFailed as error:
            errors.append(str(error))

    threads = [Thread(target=watch) for _ in range(3)]
    for thread in threads:
        thread.start()
    awaited(lambda: ask(url, LISTENING) == 1)
    storage.close()
    for thread in threads:
        thread.join(5)
    assert errors == ["this storage is closed; connect again"] * 3
    awaited(lambda: ask(url, LISTENING) == 0)


def test_a_cancelled_task_leaves_the_listener_to_another(url: str) -> None:
    async def main() -> str:
        async with await hostsdb.connect_async(url, initialize=False) as storage:

            async def first() -> hostsdb.StoredEvent:
                return await anext(storage.watch())

            tasks = [asyncio.create_task(first()) for _ in range(3)]
            await asyncio.to_thread(awaited, lambda: ask(url, LISTENING) == 1)
            for task in tasks[:2]:
                task.cancel()
            await asyncio.wait(tasks[:2], timeout=10)
            assert all(task.cancelled() for task in tasks[:2])
            await storage.add_host("10.0.1.1", "cancelled")
            return str((await asyncio.wait_for(tasks[2], 5)).event.hostname)  # type: ignore[union-attr]

    assert asyncio.run(main()) == "cancelled"


def test_a_session_that_listens_is_counted(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("LISTEN x")
        assert ask(url, LISTENING) == 1
