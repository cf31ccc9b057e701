"""storage.transaction(): its calls are stored together or not at all."""

import asyncio
from io import BytesIO

import pytest

import hostsdb
from hostsdb import (
    CommentUpdated,
    ConcurrentWriteConflict,
    DuplicateEntry,
    EventEnvelope,
    HostCreated,
    HostFilter,
    InvalidData,
    NotFound,
    QueryFailed,
    Snapshot,
    Storage,
)
from hostsdb.formats import read
from tests.conformance.samples import created, new_host, pairs, whole_log


class Undone(Exception):
    pass


def test_two_calls_are_stored_together(storage: Storage) -> None:
    with storage.transaction() as inside:
        assert inside.backend_name == storage.backend_name
        first = new_host(inside, 1)
        inside.update_host(first.id, comment="x")
        assert inside.list_all() == [inside.get_by_id(first.id)]
    assert storage.get_by_id(first.id).comment == "x"
    with pytest.raises(QueryFailed, match="transaction has ended"):
        inside.list_all()


def test_an_error_undoes_all_calls(storage: Storage) -> None:
    before = new_host(storage, 1)
    with pytest.raises(Undone), storage.transaction() as inside:
        new_host(inside, 2)
        inside.delete_host(before.id)
        raise Undone
    assert storage.list_all() == [before]
    assert len(whole_log(storage)) == 1
    with pytest.raises(DuplicateEntry), storage.transaction() as inside:
        new_host(inside, 2)
        new_host(inside, 1)
    assert storage.list_all() == [before]


def test_a_refused_call_that_is_caught_stores_nothing(storage: Storage) -> None:
    host = new_host(storage, 1)
    with storage.transaction() as inside:
        new_host(inside, 2)
        for number in (1, 2):
            with pytest.raises(DuplicateEntry):
                new_host(inside, number)
        with pytest.raises(DuplicateEntry):
            inside.append_batch(
                [
                    ("a", [HostCreated("10.0.0.9", "nine"), CommentUpdated(None, "x")], None),
                    ("b", [HostCreated(host.ip_address, host.hostname)], None),
                ]
            )
        with pytest.raises(ConcurrentWriteConflict):
            inside.update_host(host.id, comment="x", expected_version="0" * 26)
        with pytest.raises(ConcurrentWriteConflict):
            inside.append_event(host.id, CommentUpdated(None, "x"), "0" * 26)
        with pytest.raises(NotFound):
            inside.get_by_id("nobody")
        with pytest.raises(InvalidData):
            inside.add_host("10.0.0.1", "")
        new_host(inside, 3)
    assert sorted(pairs(storage.list_all())) == [(f"10.0.0.{n}", f"host{n}.lan") for n in (1, 2, 3)]
    assert len(whole_log(storage)) == 3


def test_an_event_that_is_stored_already_is_returned(storage: Storage) -> None:
    with storage.transaction() as inside:
        event = EventEnvelope(created(1), event_id="E1")
        stored = inside.append_event("H1", event)
        assert inside.append_event("H1", event) == stored
    assert whole_log(storage) == storage.load_events("H1") and len(whole_log(storage)) == 1


def test_what_an_engine_cannot_undo_makes_the_end_raise(storage: Storage) -> None:
    """A second snapshot with the same id is refused by the table: DuckDB has no savepoints."""

    def use() -> None:
        with storage.transaction() as inside:
            new_host(inside, 1)
            inside.save_snapshot(Snapshot("", 0, snapshot_id="s"))
            with pytest.raises(InvalidData):
                inside.save_snapshot(Snapshot("x", 0, snapshot_id="s"))

    if storage.backend_name == "duckdb":
        with pytest.raises(QueryFailed, match="ended before the block"):
            use()
        assert (storage.list_all(), storage.list_snapshots()) == ([], [])
    else:
        use()
        assert (len(storage.list_all()), storage.get_snapshot("s").hosts_content) == (1, "")


def test_every_operation_runs_inside(storage: Storage) -> None:
    new_host(storage, 1)
    with storage.transaction() as inside:
        lines = list(read(BytesIO(b"10.0.0.1 host1.lan x\n10.0.0.2 b\n"), "hosts"))
        assert len(inside.plan_import(lines, mode="replace").differences) == 2
        assert inside.import_hosts(lines, mode="replace").added == 1
        assert inside.import_hosts(lines).added == 0
        if storage.backend_name != "duckdb":  # it has created the temporary table, and cannot undo that
            with pytest.raises(InvalidData):
                inside.import_hosts([*lines, *read(BytesIO(b"no line\n"), "hosts")], strict=True)
        snapshot = inside.create_snapshot("inside")
        inside.update_hosts(HostFilter(), comment="y", all_hosts=True)
        assert inside.verify() == []
        assert [host.comment for host in inside.list_all()] == ["y", "y"]
        assert inside.restore_snapshot(snapshot.snapshot_id or "")
        assert [host.comment for host in inside.map_all(lambda host: host)] == [None, None]
        assert inside.apply_retention_policy(max_count=0) == 2
        assert inside.list_tags() == {} and inside.health_check()
    assert [host.aliases for host in storage.list_all()] == [("x",), ()]
    assert storage.list_snapshots() == [] and storage.verify() == []


def test_what_cannot_be_used_inside(storage: Storage) -> None:
    with storage.transaction() as inside:
        new_host(inside, 1)
        for name, arguments in {
            "watch": (),
            "consuming": ("x",),
            "transaction": (),
            "within": (None,),
            "initialize": (),
            "close": (),
        }.items():
            with pytest.raises(QueryFailed, match=rf"{name}\(\) cannot be used in a transaction"):
                made = getattr(inside, name)(*arguments)
                if name == "watch":
                    next(made)
                else:
                    made.__enter__()
    assert len(storage.list_all()) == 1


def test_the_one_connection_of_an_engine_is_in_use(storage: Storage) -> None:
    if storage.backend_name == "postgres":
        pytest.skip("PostgreSQL has a pool")
    if not isinstance(storage, Storage):
        pytest.skip("the calls of this suite are a task each")
    with storage.transaction(), pytest.raises(QueryFailed, match="use what the block gives"):
        storage.list_all()


def test_threads_and_tasks_share_a_transaction(url: str) -> None:
    async def main() -> None:
        async with await hostsdb.connect_async(url, initialize=False) as storage:
            async with storage.transaction() as inside:
                adding = [inside.add_host(f"10.0.0.{n}", "a.lan", comment="x") for n in range(5)]
                adding += [inside.add_host("10.0.0.0", "a.lan") for _ in range(2)]
                results = await asyncio.gather(*adding, return_exceptions=True)
                assert [type(r) for r in results[5:]] == [DuplicateEntry] * 2
            assert len(await storage.list_all()) == 5
            task = asyncio.create_task(cancelled(storage))
            await asyncio.sleep(0.2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert len(await storage.list_all()) == 5

    async def cancelled(storage: hostsdb.AsyncStorage) -> None:
        async with storage.transaction() as inside:
            await inside.add_host("10.0.0.9", "b.lan")
            await asyncio.sleep(60)

    asyncio.run(main())
