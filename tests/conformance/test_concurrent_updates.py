"""Changes without expected_version while other writers change the same hosts: every change is stored."""

import asyncio
from collections.abc import Callable, Iterator
from threading import Thread

import pytest

import hostsdb
from hostsdb import ConcurrentWriteConflict, HostFilter, NotFound, Storage
from hostsdb.operations import bulk, hosts
from hostsdb.operations.steps import Operation
from tests.conformance.samples import new_host

WRITERS, TIMES = 4, 8


def test_threads_change_one_host(url: str) -> None:
    with hostsdb.connect(url, initialize=False) as storage:
        host = new_host(storage)

        def change(writer: int) -> None:
            for number in range(TIMES):
                storage.update_host(host.id, comment=f"{writer} {number}")
                storage.update_hosts(HostFilter(), all_hosts=True, priority=writer * TIMES + number + 1)

        threads = [Thread(target=change, args=(writer,)) for writer in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert storage.count_events(host.id) == 1 + 2 * WRITERS * TIMES


def test_tasks_change_one_host(url: str) -> None:
    async def main() -> None:
        async with await hostsdb.connect_async(url, initialize=False) as storage:
            host = await storage.add_host("10.0.0.1", "a.lan")
            changes = [storage.update_host(host.id, comment=f"{n}") for n in range(WRITERS * TIMES)]
            await asyncio.gather(*changes)
            assert await storage.count_events(host.id) == 1 + WRITERS * TIMES
            deletions = [storage.delete_host(host.id) for _ in range(WRITERS)]
            results = await asyncio.gather(*deletions, return_exceptions=True)
            assert sorted(type(result).__name__ for result in results) == ["NoneType"] + ["NotFound"] * 3

    asyncio.run(main())


@pytest.fixture
def overtaken(monkeypatch: pytest.MonkeyPatch, url: str) -> Iterator[Callable[[Callable[[], None]], None]]:
    """What runs another writer's change once, between the read and the write of a change."""
    waiting: list[Callable[[], None]] = []

    def interrupted(append: Callable[..., Operation]) -> Callable[..., Operation]:
        def appending(*args, **kwargs) -> Operation:
            if waiting:
                waiting.pop()()
            return (yield from append(*args, **kwargs))

        return appending

    for module, name in [(hosts, "append_event"), (hosts, "append_events"), (bulk, "append_batch")]:
        monkeypatch.setattr(module, name, interrupted(getattr(module, name)))
    yield waiting.append
    assert not waiting


@pytest.mark.parametrize("call", ["update_host", "update_hosts", "delete_host"])
def test_a_change_is_made_on_top_of_another_one(
    storage: Storage, url: str, overtaken: Callable[[Callable[[], None]], None], call: str
) -> None:
    if url.startswith("duckdb"):
        pytest.skip("no other writer can be between the read and the write: one process, one connection")
    host = new_host(storage)
    with hostsdb.connect(url, initialize=False) as other:
        overtaken(lambda: change(other, host.id))
        if call == "delete_host":
            storage.delete_host(host.id)
        elif call == "update_host":
            storage.update_host(host.id, comment="mine")
        else:
            storage.update_hosts(HostFilter(), all_hosts=True, comment="mine")
        assert storage.count_events(host.id) == 3
        if call != "delete_host":
            assert (storage.get_by_id(host.id).comment, storage.get_by_id(host.id).priority) == ("mine", 7)
            overtaken(lambda: other.delete_host(host.id))
            with pytest.raises(NotFound):
                storage.update_host(host.id, comment="too late")
            return
        host = new_host(storage, 2)
        overtaken(lambda: change(other, host.id))
        with pytest.raises(ConcurrentWriteConflict):
            storage.delete_host(host.id, expected_version=host.event_version)
        assert storage.count_events(host.id) == 2


def change(storage: Storage, id: str) -> None:
    storage.update_host(id, priority=7)


def test_with_an_expected_version_a_conflict_is_an_error_at_once(storage: Storage) -> None:
    host = new_host(storage)
    now = storage.update_host(host.id, comment="x")
    with pytest.raises(ConcurrentWriteConflict) as conflict:
        storage.update_host(host.id, comment="y", expected_version=host.event_version)
    assert conflict.value.current_version == now.event_version
    with pytest.raises(ConcurrentWriteConflict):
        storage.delete_host(host.id, expected_version=host.event_version)
    assert storage.count_events(host.id) == 2
