"""What the driver repeats is the same again, whatever was given. What it does not repeat says why."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import hostsdb
from hostsdb import (
    CommentUpdated,
    ConcurrentWriteConflict,
    ConnectionFailed,
    HostCreated,
    QueryFailed,
    Storage,
    StorageError,
)
from hostsdb.engine_errors import CommitUnknown, ConnectionLost, ConstraintViolation, TransientError
from hostsdb.engines.embedded import EmbeddedEngine
from hostsdb.engines.sqlite import SQLiteConnection
from hostsdb.formats.hosts import parse
from hostsdb.operations import hosts, importing, retry
from hostsdb.operations.steps import Load, Operation, Rows, Statement, run


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """A storage whose first and third try to append are undone, as after a deadlock."""
    perform = SQLiteConnection.perform
    tries: list[str] = []

    def undoing(self: SQLiteConnection, step: Statement | Load) -> Rows:
        if step.name in ("append_event", "append_events"):
            tries.append(step.name)
            if len(tries) in (1, 3):
                raise TransientError("undone")
        return perform(self, step)

    monkeypatch.setattr(SQLiteConnection, "perform", undoing)
    with hostsdb.connect(f"sqlite:///{tmp_path}/hosts.db") as storage:
        yield storage
    assert len(tries) > 3


def test_events_that_can_be_read_once_are_appended_in_the_second_try(storage: Storage) -> None:
    stored = storage.append_events("H", (event for event in [HostCreated("10.0.0.1", "a")]))
    assert storage.load_events("H") == stored and len(stored) == 1
    version = stored[0].event_version
    batch = ((id, iter([CommentUpdated(None, "x")]), version) for id in ["H"])
    assert len(storage.append_batch(batch)) == 1
    assert storage.get_by_id("H").comment == "x"


def test_tags_and_aliases_that_can_be_read_once_are_there_in_the_second_try(storage: Storage) -> None:
    host = storage.add_host("10.0.0.1", "a", tags=iter(["t"]), aliases=iter(["b"]))
    assert (host.tags, host.aliases) == (("t",), ("b",))
    changed = storage.update_host(host.id, tags=(tag for tag in ["u"]), aliases=map(str, ["c"]))
    assert (changed.tags, changed.aliases) == (("u",), ("c",))
    assert storage.list_all() == [changed]


def test_a_change_that_is_overtaken_again_and_again_ends_with_the_conflict(
    monkeypatch: pytest.MonkeyPatch, sqlite_url: str
) -> None:
    def append(aggregate_id: str, *_: object) -> Operation[object]:
        tries.append(aggregate_id)
        yield from run("list_all")
        raise ConcurrentWriteConflict(aggregate_id=aggregate_id, expected_version="1", current_version="2")

    tries: list[str] = []
    monkeypatch.setattr(retry, "ATTEMPTS", 3)
    monkeypatch.setattr(EmbeddedEngine, "retry_timeout", 0.0)
    with hostsdb.connect(sqlite_url) as storage:
        host = storage.add_host("10.0.0.1", "a")
        monkeypatch.setattr(hosts, "append_events", append)
        for change in (storage, None):
            with pytest.raises(ConcurrentWriteConflict) as conflict:
                if change is not None:
                    change.update_host(host.id, comment="x")
                else:
                    with storage.transaction() as inside:
                        inside.update_host(host.id, comment="x")
            assert conflict.value.current_version == "2"
    assert tries == [host.id] * 4  # a transaction retries nothing


def answers(
    monkeypatch: pytest.MonkeyPatch, statement: str, given: list[StorageError | Rows]
) -> list[StorageError | Rows]:
    """Let a statement raise or return these, one after the other, before it runs again. Return those that are left."""
    perform = SQLiteConnection.perform

    def answering(self: SQLiteConnection, step: Statement | Load) -> Rows:
        answer = given.pop(0) if step.name == statement and given else None
        if isinstance(answer, StorageError):
            raise answer
        return perform(self, step) if answer is None else answer

    monkeypatch.setattr(SQLiteConnection, "perform", answering)
    return given


def test_an_append_of_unknown_outcome_is_tried_again_after_other_failures(
    monkeypatch: pytest.MonkeyPatch, current_sqlite_url: str
) -> None:
    failures = [CommitUnknown("lost"), ConnectionLost("lost again"), TransientError("deadlock")]
    left = answers(monkeypatch, "append_event", [*failures])
    with hostsdb.connect(current_sqlite_url, initialize=False) as storage:
        stored = storage.append_event("H", HostCreated("10.0.0.1", "a"))
        assert storage.load_events("H") == [stored] and left == []


def test_an_append_whose_outcome_stays_unknown_says_so(
    monkeypatch: pytest.MonkeyPatch, current_sqlite_url: str
) -> None:
    left = answers(monkeypatch, "append_event", [CommitUnknown("lost")] * (retry.ATTEMPTS + 1))
    with hostsdb.connect(current_sqlite_url, initialize=False) as storage:
        with pytest.raises(ConnectionFailed, match="lost; the outcome of the commit is unknown"):
            storage.append_event("H", HostCreated("10.0.0.1", "a"))
        assert len(left) == 1


def test_a_connection_is_lost_again_and_again_until_the_timeout(
    monkeypatch: pytest.MonkeyPatch, current_sqlite_url: str
) -> None:
    with hostsdb.connect(current_sqlite_url, initialize=False) as storage:
        left = answers(monkeypatch, "list_all", [ConnectionLost("lost"), ConnectionLost("lost")])
        assert storage.list_all() == [] and left == []
        monkeypatch.setattr(EmbeddedEngine, "retry_timeout", 0.0)
        answers(monkeypatch, "list_all", [ConnectionLost("lost for good")])
        with pytest.raises(ConnectionFailed, match="lost for good"):
            storage.list_all()


@pytest.mark.parametrize(
    "failure", [ConstraintViolation("host_entries_ip_address_hostname", "taken"), TransientError("deadlock")]
)
def test_an_import_that_another_writer_overtakes_stores_nothing(
    failure: StorageError, monkeypatch: pytest.MonkeyPatch, current_sqlite_url: str
) -> None:
    answers(monkeypatch, "import_hosts", [failure])
    with hostsdb.connect(current_sqlite_url, initialize=False) as storage:
        with pytest.raises(
            QueryFailed, match="another writer was faster, nothing was imported; import again"
        ):
            storage.import_hosts(parse(["10.0.0.1 a"]))
        assert storage.list_all() == []


def test_the_outcome_of_an_import_is_unknown_while_its_transaction_runs(
    monkeypatch: pytest.MonkeyPatch, current_sqlite_url: str
) -> None:
    monkeypatch.setattr(importing, "_ATTEMPTS", 1)
    answers(monkeypatch, "commit", [CommitUnknown("lost")])
    left = answers(monkeypatch, "lock_import", [[(True,)], [(False,)]])
    with hostsdb.connect(current_sqlite_url, initialize=False) as storage:
        with pytest.raises(ConnectionFailed, match="the outcome of the commit is unknown"):
            storage.import_hosts(parse(["10.0.0.1 a"]))
        assert left == []
