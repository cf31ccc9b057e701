"""What the driver repeats is the same again, whatever was given."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import hostsdb
from hostsdb import CommentUpdated, ConcurrentWriteConflict, HostCreated, Storage
from hostsdb.engine_errors import TransientError
from hostsdb.engines.embedded import EmbeddedEngine
from hostsdb.engines.sqlite import SQLiteConnection
from hostsdb.operations import hosts, retry
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
