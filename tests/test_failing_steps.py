"""A step fails as it would on a server: the driver repeats the operation, or its error says what is stored."""

import pytest

import hostsdb
from hostsdb import ConnectionFailed, HostCreated, QueryFailed, StorageError
from hostsdb.engine_errors import CommitUnknown, ConnectionLost, ConstraintViolation, TransientError
from hostsdb.engines.embedded import EmbeddedEngine
from hostsdb.engines.sqlite import SQLiteConnection
from hostsdb.formats.hosts import parse
from hostsdb.operations import import_outcome, retry
from hostsdb.operations.steps import Load, Rows, Statement


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


def test_a_place_that_became_free_is_taken_in_the_second_try(
    monkeypatch: pytest.MonkeyPatch, current_sqlite_url: str
) -> None:
    left = answers(
        monkeypatch, "append_event", [ConstraintViolation("host_entries_ip_address_hostname", "taken")]
    )
    with hostsdb.connect(current_sqlite_url, initialize=False) as storage:
        host = storage.add_host("10.0.0.1", "a")
        assert storage.list_all() == [host] and left == []


def test_a_consumer_that_moves_in_its_own_turn_is_moved_only_once(current_sqlite_url: str) -> None:
    with hostsdb.connect(current_sqlite_url, initialize=False) as storage:
        storage.add_host("10.0.0.1", "a")
        with storage.consuming("reader") as batch:
            first = batch.events
        storage.add_host("10.0.0.2", "a")
        with (
            pytest.raises(QueryFailed, match="another process moved the consumer reader; consume again"),
            storage.consuming("reader") as batch,
        ):
            batch.connection.execute("UPDATE consumers SET position = position + 1")
        assert [consumer.position for consumer in storage.list_consumers()] == [first[-1].position]


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
    monkeypatch.setattr(import_outcome, "_ATTEMPTS", 1)
    answers(monkeypatch, "commit", [CommitUnknown("lost")])
    left = answers(monkeypatch, "lock_import", [[(True,)], [(False,)]])
    with hostsdb.connect(current_sqlite_url, initialize=False) as storage:
        with pytest.raises(ConnectionFailed, match="the outcome of the commit is unknown"):
            storage.import_hosts(parse(["10.0.0.1 a"]))
        assert left == []
