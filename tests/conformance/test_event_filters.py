"""watch, events_since and consuming with a filter: by host, by event type, by tags."""

import pytest

from hostsdb import InvalidData, Storage, StoredEvent
from hostsdb.operations import matching
from tests.conformance.samples import new_host, whole_log


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a search for matching events need several statements."""
    monkeypatch.setattr(matching, "_WINDOW", 3)


def fill(storage: Storage) -> dict[str, list[StoredEvent]]:
    """Store events of three hosts, and return which ones belong to which tag."""
    a = new_host(storage, 1, tags=["lan", "caf\u00e9"])
    b = new_host(storage, 2, tags=["lan2", 'a"\\b'])
    for number in range(3, 9):
        new_host(storage, number)
    storage.update_host(a.id, comment="still in lan")
    storage.update_host(b.id, tags=["lan"])
    storage.update_host(a.id, tags=["other"])
    storage.update_host(a.id, comment="not in lan")
    storage.delete_host(b.id)
    log = whole_log(storage)
    of_a = [event for event in log if event.aggregate_id == a.id]
    of_b = [event for event in log if event.aggregate_id == b.id]
    return {
        "lan": sorted([*of_a[:3], *of_b[1:]], key=lambda event: event.position or 0),
        "caf\u00e9": of_a[:3],
        'a"\\b': of_b[:2],
        "other": of_a[2:],
        "la": [],
        "a": of_a,
    }


def test_events_are_found_by_the_tags_before_and_after_them(storage: Storage) -> None:
    expected = fill(storage)
    of_a = expected.pop("a")
    for tag, events in expected.items():
        assert storage.events_since(-1, tags=[tag]) == events, tag
        assert list(storage.watch(-1, timeout=0, tags=[tag])) == events, tag
    assert storage.events_since(-1, tags=["lan", "caf\u00e9"]) == of_a[:3]
    assert storage.events_since(-1, tags=["caf\u00e9", "other"]) == []


def test_filters_are_combined(storage: Storage) -> None:
    of_a = fill(storage)["a"]
    log = whole_log(storage)
    host = of_a[0].aggregate_id
    assert storage.events_since(-1, aggregate_id=host) == of_a
    assert storage.events_since(of_a[0].position or 0, aggregate_id=host, limit=2) == of_a[1:3]
    assert storage.events_since(-1, event_types=["HostDeleted"]) == log[-1:]
    both = storage.events_since(-1, event_types=["TagsModified", "HostCreated"], limit=100)
    assert both == [e for e in log if type(e.event).__name__ in ("TagsModified", "HostCreated")]
    assert storage.events_since(-1, aggregate_id=host, event_types=["TagsModified"], tags=["lan"]) == [
        of_a[2]
    ]
    assert storage.events_since(-1, aggregate_id="no such host") == []


def test_a_consumer_moves_past_what_does_not_match(storage: Storage) -> None:
    lan = fill(storage)["lan"]
    end = storage.log_end()
    with storage.consuming("dns", limit=2, tags=["lan"]) as batch:
        assert batch.events == lan[:2]
    assert [consumer.position for consumer in storage.list_consumers()] == [lan[1].position]
    with storage.consuming("dns", tags=["lan"], timeout=0.1) as batch:
        assert batch.events == lan[2:]
    assert [consumer.position for consumer in storage.list_consumers()] == [end]
    with storage.consuming("none", tags=["no such tag"], timeout=0.1) as batch:
        assert batch.events == []
    assert [consumer.position for consumer in storage.list_consumers()] == [end, end]


def test_a_watcher_reads_what_does_not_match_once(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(storage)
    begins: list[int] = []
    read = matching._read

    def noted(after: int, until: int, limit: int, wanted: matching.EventFilter) -> object:
        begins.append(after)
        return read(after, until, limit, wanted)

    monkeypatch.setattr(matching, "_read", noted)
    assert list(storage.watch(-1, timeout=0.2, tags=["no such tag"])) == []
    assert len(begins) == len(set(begins)) > 2


def test_a_wrong_filter_is_refused(storage: Storage) -> None:
    for error, wrong in (
        (TypeError, {"tags": "lan"}),
        (TypeError, {"event_types": "HostCreated"}),
        (InvalidData, {"event_types": ["HostCreate"]}),
        (InvalidData, {"tags": ["\0"]}),
    ):
        with pytest.raises(error):
            storage.events_since(-1, **wrong)
        with pytest.raises(error):
            next(storage.watch(-1, timeout=0, **wrong))
        with pytest.raises(error), storage.consuming("dns", **wrong):
            pass
