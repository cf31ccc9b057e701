"""Clocks that go wrong: chains, positions and the kept state do not depend on them, and the past is what was recorded.

`created_at` is what the clock of the database said, on SQLite the writer's. Where it goes backwards along a chain, the
state at a moment is still the fold, in the chain's order, of exactly the events with `created_at` up to that moment: a
later event that was recorded as earlier counts before its predecessor does, and a host is there from the moment that
its creation was recorded with. `updated_at` is the `created_at` of the chain's last event, also where another is later.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

import hostsdb
from hostsdb import AliasesModified, CommentUpdated, ConcurrentWriteConflict, HostEntry, Storage, TagsModified
from tests.conformance.calling import STYLES
from tests.faults.soundness import assert_sound
from tests.support.clocks import Clocked, clocked, log, prepare, state_at

pytestmark = pytest.mark.faults

RIGHT, MOMENT = timedelta(), timedelta(microseconds=1)
FUTURE = datetime(9999, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def url(request: pytest.FixtureRequest) -> str:
    """A fresh database on each engine, with the schema."""
    url: str = request.getfixturevalue(f"current_{request.param}_url")
    prepare(url)
    return url


@pytest.fixture(params=STYLES)
def style(request: pytest.FixtureRequest) -> str:
    """Each call style."""
    style: str = request.param
    return style


@pytest.fixture
def writer(url: str, style: str) -> Iterator[Clocked]:
    """A process whose clock is ours."""
    with clocked(url, style) as writer:
        yield writer


def test_a_clock_that_jumps_back(url: str, style: str, writer: Clocked) -> None:
    back = timedelta(seconds=-10)
    host = writer.call(RIGHT, "add_host", "10.0.0.1", "h", comment="first", tags=["a"])
    versions = [host.event_version]
    for wrong, event in (
        (RIGHT, CommentUpdated(None, "before the jump")),
        (back, CommentUpdated(None, "after the jump")),
        (back, TagsModified((), ("b",))),
        (RIGHT, AliasesModified((), ("alias",))),
    ):
        stored = writer.call(wrong, "append_event", host.id, event, versions[-1])
        versions.append(stored.event_version)
    created_back = writer.call(back, "add_host", "10.0.0.2", "h")
    writer.call(back - timedelta(seconds=10), "delete_host", created_back.id)
    events = log(url)
    assert [event["event_version"] for event in events[:5]] == versions == sorted(set(versions))
    moments = [event["created_at"] for event in events]
    assert moments[2] < moments[0] - timedelta(seconds=5) and moments[6] < moments[5] < moments[0]
    with STYLES[style]() as opened, opened(url) as storage:
        assert_past_and_present(url, storage)
        # What was recorded before its host's creation shows from the creation on.
        [entry] = storage.get_at_time(moments[0])
        assert (entry.comment, entry.tags, entry.aliases) == ("after the jump", ("b",), ())
        assert storage.get_at_time(moments[3]) == []
        [entry] = storage.list_all()
        assert (entry.comment, entry.tags, entry.aliases) == ("after the jump", ("b",), ("alias",))


def assert_past_and_present(url: str, storage: Storage) -> None:
    events = log(url)
    moments = {event["created_at"] + step for event in events for step in (-MOMENT, RIGHT, MOMENT)}
    for moment in sorted({*moments, FUTURE}):
        assert shown(storage.get_at_time(moment)) == state_at(events, moment), moment
    assert shown(storage.list_all()) == state_at(events, FUTURE)
    versions = [event["event_version"] for event in events]
    assert [envelope.event_version for envelope in storage.events_since(-1)] == versions
    assert storage.verify() == []
    assert_sound(url)


def shown(entries: list[HostEntry]) -> dict[str, tuple[object, ...]]:
    return {
        e.id: (e.ip_address, e.hostname, e.comment, e.tags, e.aliases, e.updated_at, e.event_version)
        for e in entries
    }


@pytest.mark.parametrize("wrong", [timedelta(hours=-1), timedelta(hours=1)], ids=["behind", "ahead"])
def test_two_writers_whose_clocks_differ_by_an_hour(
    url: str, style: str, writer: Clocked, wrong: timedelta
) -> None:
    with clocked(url, style) as other:
        host = writer.call(RIGHT, "add_host", "10.0.0.1", "h")
        clocks = [(other, wrong), (writer, RIGHT)]
        versions = [host.event_version]
        for turn in range(6):
            process, clock = clocks[turn % 2]
            host = process.call(
                clock, "update_host", host.id, comment=f"{turn}", expected_version=versions[-1]
            )
            versions.append(host.event_version)
            with pytest.raises(ConcurrentWriteConflict):
                clocks[1 - turn % 2][0].call(
                    clocks[1 - turn % 2][1], "append_event", host.id, CommentUpdated(None, "x"), versions[-2]
                )
        snapshot = writer.call(RIGHT, "create_snapshot")
        other.call(wrong, "update_host", host.id, ip_address="10.0.0.2", tags=["x"])
        own = other.call(wrong, "add_host", "10.0.0.1", "own")
        moments = [event["created_at"] for event in log(url)]
        hour = timedelta(minutes=59)
        assert (moments[1] - moments[0]) / wrong > hour / timedelta(hours=1)
        assert (moments[2] - moments[1]) / wrong < -hour / timedelta(hours=1)
        assert versions == sorted(set(versions))
        with hostsdb.connect(url) as storage:
            assert_past_and_present(url, storage)
        restored = other.call(wrong, "restore_snapshot", snapshot.snapshot_id)
        assert {envelope.aggregate_id for envelope in restored} == {host.id, own.id}
    with STYLES[style]() as opened, opened(url) as storage:
        [entry] = storage.list_all()
        assert (entry.id, entry.ip_address, entry.comment, entry.tags) == (host.id, "10.0.0.1", "5", ())
        assert_past_and_present(url, storage)
