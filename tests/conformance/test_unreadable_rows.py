"""Rows that the schema refuses, from an older file or stored without guards: no method fails because of one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import hostsdb
from hostsdb import (
    UNREADABLE_TIME,
    HostFilter,
    InvalidData,
    QueryFailed,
    Storage,
    StorageError,
    StoredEvent,
    UnknownEvent,
    reports,
)
from hostsdb.copying import copy_database, open_sides
from hostsdb.formats.record import HostRecord
from tests.conformance.calling import STYLES
from tests.conformance.samples import FUTURE
from tests.support.unreadable import OF_ENGINE, SKIPPED, store
from tests.verifying.damage import faults

ENGINES = ("postgres", "duckdb", "sqlite")
REQUIRED = set(StoredEvent.__slots__) - {"created_by", "expected_version"}


@contextmanager
def damaged(request: pytest.FixtureRequest, engine: str) -> Iterator[tuple[str, str]]:
    """Give the URL of a database with two good hosts and a row of each bad kind, and the id of a good snapshot."""
    url = request.getfixturevalue(f"current_{engine}_url")
    with hostsdb.connect(url) as storage:
        good = [storage.add_host(f"10.0.0.{n}", f"good{n}.lan", tags=["t"], aliases=["a"]) for n in (1, 2)]
        snapshot = storage.create_snapshot("good")
        storage.update_host(good[0].id, comment="changed since")
    store(url)
    yield url, snapshot.snapshot_id or ""


@pytest.fixture(params=[(engine, "sync") for engine in ENGINES] + [("postgres", "async")], ids="-".join)
def opened(request: pytest.FixtureRequest) -> Iterator[tuple[str, str, str, Storage]]:
    engine, style = request.param
    with damaged(request, engine) as (url, snapshot), STYLES[style]() as connect, connect(url) as storage:
        yield engine, url, snapshot, storage


def names(entries: list[hostsdb.HostEntry]) -> list[str]:
    return [entry.hostname for entry in entries if entry.hostname.startswith("good")]


GOOD = ["good1.lan", "good2.lan"]


def test_no_method_fails(opened: tuple[str, str, str, Storage], caplog: pytest.LogCaptureFixture) -> None:
    engine, url, snapshot, storage = opened
    _readers(storage, engine, caplog)
    _the_log(storage, engine)
    _one_row(storage, engine)
    _writers(storage, snapshot)
    kinds = {fault.kind for fault in faults(url)}
    assert {"event_unreadable", "entry_unreadable", "snapshot_unreadable", "consumer_unreadable"} <= kinds
    unreadable = {fault.id for fault in faults(url) if fault.kind == "event_unreadable"}
    assert unreadable == {f"bad-{kind}" for kind in OF_ENGINE[engine]}


def _readers(storage: Storage, engine: str, caplog: pytest.LogCaptureFixture) -> None:
    readers: dict[str, Callable[[], list[hostsdb.HostEntry]]] = {
        "list_all": storage.list_all,
        "map_all": lambda: storage.map_all(lambda host: host),
        "search": lambda: storage.search(HostFilter()),
    }
    for name, read in readers.items():
        caplog.clear()
        with caplog.at_level(logging.WARNING, "hostsdb"):
            entries = read()
        assert sorted(names(entries)) == GOOD, name
        assert not {entry.id for entry in entries} & {f"bad-{kind}" for kind in SKIPPED[engine]}
        for kind in SKIPPED[engine]:
            assert f"host bad-{kind} cannot be read: " in caplog.text, name
    assert names(storage.search(HostFilter(tags=("t",), hostname_pattern="good", ip_prefix="10.0."))) == GOOD
    assert names(storage.get_at_time(FUTURE)) == GOOD
    assert sorted(names(storage.map_at_time(FUTURE, lambda host: host))) == GOOD
    assert storage.list_tags()["t"] == 2
    assert "badconsumer" not in [consumer.name for consumer in storage.list_consumers()]
    assert [snapshot.name for snapshot in storage.list_snapshots()] == ["good"]
    assert storage.health_check()


def _the_log(storage: Storage, engine: str) -> None:
    log = storage.events_since(-1)
    assert list(storage.watch(-1, timeout=0)) == log
    with storage.consuming("reader") as batch:
        assert batch.events == log
    events = {envelope.aggregate_id: envelope for envelope in log}
    for kind in OF_ENGINE[engine]:
        envelope = events[f"bad-{kind}"]
        assert isinstance(envelope.event, UnknownEvent), kind
        assert envelope.event.reason and envelope.event.columns["event_id"] == f"event-{kind}"
        assert all(getattr(envelope, name) is not None for name in REQUIRED), kind
        assert (envelope.created_at == UNREADABLE_TIME) == envelope.event.reason.startswith("created_at")
        for value in envelope.event.columns.values():
            assert value is None or b"\0" not in value.encode()
        assert storage.load_events(f"bad-{kind}") == [envelope]
        assert storage.count_events(f"bad-{kind}") == 1
        assert storage.get_current_version(f"bad-{kind}")


def _one_row(storage: Storage, engine: str) -> None:
    for kind in SKIPPED[engine]:
        with pytest.raises(QueryFailed, match=f"host bad-{kind} cannot be read: "):
            storage.get_by_id(f"bad-{kind}")
    with pytest.raises(QueryFailed, match="snapshot badsnapshot cannot be read: created_at is not a time"):
        storage.get_snapshot("badsnapshot")
    for kind in OF_ENGINE[engine]:
        for change in (
            lambda id: storage.update_host(id, comment="new"),
            lambda id: storage.delete_host(id),
        ):
            try:
                change(f"bad-{kind}")
            except StorageError:
                pass
            else:
                assert kind not in SKIPPED[engine]
                break
    with pytest.raises(InvalidData, match="other content"):
        storage.append_event(
            "new", hostsdb.EventEnvelope(hostsdb.HostCreated("10.9.9.1", "n"), event_id="event-deep")
        )


def _writers(storage: Storage, snapshot: str) -> None:
    added = storage.add_host("10.0.0.3", "good3.lan")
    assert storage.update_host(added.id, hostname="good4.lan").hostname == "good4.lan"
    storage.delete_host(added.id)
    lines = [HostRecord(1, "10.0.0.1", "good1.lan", ("new",)), HostRecord(2, "10.66.0.1", "x.bad", ())]
    for mode in ("skip", "replace"):
        assert storage.plan_import(lines, mode=mode).summary.bad == 0
        assert storage.import_hosts(lines, mode=mode).read == 2
    changed = storage.update_hosts(HostFilter(), add_tags=["everywhere"], all_hosts=True)
    assert set(GOOD) <= set(names([entry for entry, _ in changed]))
    assert storage.create_snapshot("now").entry_count >= 2
    assert storage.plan_restore(snapshot)
    assert storage.restore_snapshot(snapshot)
    assert names(storage.list_all()) == GOOD
    assert storage.apply_retention_policy(max_count=100) == 0


def test_a_report_can_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(reports, "listeners", [heard.append])
    reports.report("host", "a\0b", "tags is not a JSON array of strings")
    assert heard == [
        "host a\\x00b cannot be read: tags is not a JSON array of strings; hostsdb verify lists all such rows"
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_copy_stops_at_the_row_and_names_it(
    request: pytest.FixtureRequest, engine: str, tmp_path: Path
) -> None:
    with damaged(request, engine) as (url, _):
        for target in ("sqlite", "duckdb"):
            copy = f"{target}:///{tmp_path}/copy.{target}"
            with (
                pytest.raises(StorageError, match="it refuses event event-no_json at position "),
                open_sides(url, copy) as (source, destination),
            ):
                copy_database(source, destination, lambda what, done, total: None)
            with hostsdb.connect(copy) as storage:
                assert names(storage.list_all()) == GOOD
