"""A copy has the erasures of its source, each erased event in its place: also a copy that has the events already."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

import hostsdb
from hostsdb import InvalidData
from hostsdb.copying import copy_database, log, open_sides
from tests.schema.raw import Raw, changed, created, deleted
from tests.support.command import hostsdb_command
from tests.support.erasing import erase, places
from tests.support.postgres_server import PostgresServer, fresh_database

# Each engine is copied from and copied to.
RING = [("sqlite", "postgres"), ("postgres", "duckdb"), ("duckdb", "sqlite"), ("sqlite", "sqlite")]


class Pair:
    """A source that is written with the bare drivers, and its copy."""

    def __init__(self, source: str, destination: str, urls: dict[str, str]) -> None:
        self.urls = urls[source], urls[f"{destination} copy"]
        self.dialects = source, destination
        hostsdb.connect(self.urls[0]).close()

    def raw(self, side: int) -> Raw:
        url = self.urls[side]
        return Raw(self.dialects[side], url if "postgres" in url else url.split("///")[1])  # type: ignore[arg-type]

    def copy(self) -> int:
        with open_sides(*self.urls) as sides:
            return copy_database(*sides, lambda what, done, total: None).events

    def assert_same(self) -> None:
        with closing(self.raw(0)) as theirs, closing(self.raw(1)) as ours:
            assert places(ours) == places(theirs)
            assert ours.rows("erasures", "aggregate_id, erased_by, reason") == theirs.rows(
                "erasures", "aggregate_id, erased_by, reason"
            )
            ours.assert_consistent()
        with hostsdb.connect(self.urls[1]) as storage:
            assert storage.verify() == []


@pytest.fixture
def pair(request: pytest.FixtureRequest, postgres_server: PostgresServer, tmp_path: Path) -> Iterator[Pair]:
    with ExitStack() as stack:
        urls = {}
        for name in ("sqlite", "duckdb", "sqlite copy", "duckdb copy"):
            urls[name] = f"{name.split()[0]}:///{tmp_path}/{name.replace(' ', '-')}.db"
        for name in ("postgres", "postgres copy"):
            urls[name] = stack.enter_context(fresh_database(postgres_server.url))
        source, destination = request.param
        yield Pair(source, destination, urls)


@pytest.mark.parametrize("pair", RING, indirect=True, ids="-".join)
def test_erased_before_between_and_after(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "BATCH", 3)  # several transactions
    with closing(pair.raw(0)) as raw:
        for host in ("before", "kept", "half", "whole"):
            raw.insert_event(**created(host))
            raw.insert_event(**changed(host, "CommentUpdated", 2, comment="x"))
        raw.insert_event(**deleted("before", 3))
        raw.insert_event(**deleted("whole", 3))
        erase(raw, "before")
    assert pair.copy() == 10
    pair.assert_same()
    # `half` is erased before the copy has its deletion, and another host takes its address and name.
    with closing(pair.raw(0)) as raw:
        raw.insert_event(**deleted("half", 3))
        raw.insert_event(**created("next", hostname="half"))
        raw.insert_event(**created("short", ip="10.0.0.9"))
        raw.insert_event(**deleted("short", 2, ip="10.0.0.9"))
        for host in ("half", "whole", "short"):
            erase(raw, host)
    assert pair.copy() == 4
    pair.assert_same()
    assert pair.copy() == 0
    with hostsdb.connect(pair.urls[1]) as storage:
        assert sorted(entry.id for entry in storage.list_all()) == ["kept", "next"]
        storage.add_host("10.0.0.7", "new.lan")  # the erased events at the end keep their positions
        assert storage.verify() == []
    with closing(pair.raw(1)) as ours:
        assert len(places(ours)) == 15 and places(ours)[-1][1] is None


@pytest.mark.parametrize("pair", RING, indirect=True, ids="-".join)
def test_a_rewritten_snapshot_is_copied_again(pair: Pair) -> None:
    with closing(pair.raw(0)) as raw:
        raw.insert_event(**created("a"))
    with hostsdb.connect(pair.urls[0]) as storage:
        storage.create_snapshot(name="first")
    pair.copy()
    with closing(pair.raw(0)) as raw:
        raw.insert_event(**deleted("a", 2))
        erase(raw, "a")
        raw.run("UPDATE snapshots SET hosts_content = '', entry_count = 0")
    pair.copy()
    pair.assert_same()
    with hostsdb.connect(pair.urls[1]) as storage:
        (metadata,) = storage.list_snapshots()
        assert storage.get_snapshot(metadata.snapshot_id or "").hosts_content == ""


@pytest.mark.parametrize("pair", [("sqlite", "sqlite")], indirect=True)
def test_the_log_as_a_file_leaves_erased_events_out(pair: Pair, tmp_path: Path) -> None:
    with closing(pair.raw(0)) as raw:
        raw.insert_event(**created("a"))
        raw.insert_event(**deleted("a", 2))
        raw.insert_event(**created("b"))
        erase(raw, "a")
    file = tmp_path / "log.json"
    assert hostsdb_command("log", file, "--url", pair.urls[0]).returncode == 0
    assert [event["aggregate_id"] for event in json.loads(file.read_text())] == ["b"]


@pytest.mark.parametrize("pair", [("sqlite", "sqlite")], indirect=True)
def test_a_copy_that_erased_something_itself_is_refused(pair: Pair) -> None:
    with closing(pair.raw(0)) as raw:
        raw.insert_event(**created("a"))
        raw.insert_event(**deleted("a", 2))
    pair.copy()
    with closing(pair.raw(1)) as ours:
        erase(ours, "a")
    with pytest.raises(InvalidData, match="the erasure of a host is not in its log, but in the copy"):
        pair.copy()
