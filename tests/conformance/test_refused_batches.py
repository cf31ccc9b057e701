"""Why a refused batch was refused is found by a few statements, however many events the batch has."""

from collections.abc import Iterator

import pytest

from hostsdb import (
    AliasesModified,
    CommentUpdated,
    ConcurrentWriteConflict,
    DuplicateEntry,
    EventEnvelope,
    HostCreated,
    HostDeleted,
    InvalidData,
    Storage,
)
from hostsdb.engines.duckdb import DuckDBConnection
from hostsdb.engines.postgres_connection import AsyncPostgresConnection, PostgresConnection
from hostsdb.engines.sqlite import SQLiteConnection
from hostsdb.model import HostEvent
from tests.conformance.samples import created, new_host, whole_log

EVENTS = 3000


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the statements that any engine runs."""
    names: list[str] = []
    for connection in (PostgresConnection, AsyncPostgresConnection, DuckDBConnection, SQLiteConnection):
        perform = connection.perform

        def counting(self, step, perform=perform):
            names.append(step.name)
            return perform(self, step)

        monkeypatch.setattr(connection, "perform", counting)
    yield names


def creations(number: int = EVENTS) -> list[tuple[str, list[HostCreated | EventEnvelope], None]]:
    return [(f"N{n:05}", [HostCreated(f"10.1.{n >> 8}.{n & 255}", "n")], None) for n in range(number)]


def test_of_a_taken_pair(storage: Storage, statements: list[str]) -> None:
    new_host(storage, 1)
    log = whole_log(storage)
    statements.clear()
    with pytest.raises(DuplicateEntry) as caught:
        storage.append_batch([*creations(), ("H", [created(1)], None)])
    assert (caught.value.ip_address, caught.value.hostname) == ("10.0.0.1", "host1.lan")
    assert statements.count("conflicts") == 1 and len(statements) < 10, statements
    assert whole_log(storage) == log


def test_of_another_version(storage: Storage, statements: list[str]) -> None:
    stored = storage.append_batch(creations())
    versions = {envelope.aggregate_id or "": envelope.event_version for envelope in stored}
    current = storage.append_event("N00999", CommentUpdated(None, "first"), versions["N00999"]).event_version
    statements.clear()
    with pytest.raises(ConcurrentWriteConflict) as caught:
        storage.append_batch(
            (host, [CommentUpdated(None, "x")], version) for host, version in versions.items()
        )
    assert (caught.value.aggregate_id, caught.value.expected_version) == ("N00999", versions["N00999"])
    assert caught.value.current_version == current
    assert statements.count("conflicts") == 1 and len(statements) < 10, statements


def test_the_first_refused_host_of_a_batch_is_named(storage: Storage) -> None:
    kept = storage.append_event("kept", created(1))
    gone = storage.append_events("gone", [created(2), HostDeleted("10.0.0.2", "host2.lan")])
    follows_deletion = ("gone", [CommentUpdated(None, "x")], gone[-1].event_version)
    outdated = ("kept", [AliasesModified((), ("a",))], gone[0].event_version)
    right = ("kept", [AliasesModified((), ("a",))], kept.event_version)
    with pytest.raises(InvalidData, match="host gone is deleted"):
        storage.append_batch([right, follows_deletion])
    with pytest.raises(ConcurrentWriteConflict):
        storage.append_batch([outdated, follows_deletion])
    comes_and_goes: tuple[str, list[HostEvent], None] = (
        "new",
        [created(3), HostDeleted("10.0.0.3", "host3.lan")],
        None,
    )
    with pytest.raises(DuplicateEntry, match="host1"):
        storage.append_batch([comes_and_goes, ("other", [created(3)], None), ("H", [created(1)], None)])


def test_an_event_of_no_host_is_named(storage: Storage) -> None:
    with pytest.raises(InvalidData, match="host nobody does not exist; its first event must be HostCreated"):
        storage.append_event("nobody", CommentUpdated(None, "x"))
