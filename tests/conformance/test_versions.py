"""Versions: each host has one chain, with any writers and any clocks; and a retry is safe."""

import time

import pytest
from ulid import ULID

from hostsdb import (
    CommentUpdated,
    ConcurrentWriteConflict,
    EventEnvelope,
    HostCreated,
    HostDeleted,
    InvalidData,
    Storage,
)
from tests.conformance.samples import LATE, PAST, created, in_log_order, whole_log

EDIT = CommentUpdated(None, "x")
GREATEST = "7" + "Z" * 25


def test_the_version_is_above_the_expected_one_though_the_clock_is_behind(storage: Storage) -> None:
    soon = str(ULID.from_timestamp(time.time() + 23 * 3600))
    storage.append_event("H1", EventEnvelope(created(), event_version=soon))
    second, third = storage.append_events("H1", [EDIT, EDIT], soon)
    assert soon < (second.event_version or "") < (third.event_version or "")
    assert storage.get_current_version("H1") == third.event_version
    assert storage.get_by_id("H1").comment == "x"


def test_a_version_that_no_other_could_follow_is_refused(storage: Storage) -> None:
    for version in (GREATEST, LATE, str(ULID.from_timestamp(time.time() + 25 * 3600))):
        with pytest.raises(InvalidData, match="version"):
            storage.append_event("H1", EventEnvelope(created(), event_version=version))
    with pytest.raises(InvalidData, match="there is no version above"):
        storage.append_event("H1", EDIT, GREATEST)
    assert whole_log(storage) == []


def test_a_supplied_version_that_is_not_above_is_refused(storage: Storage) -> None:
    first = storage.append_event("H1", created())
    assert first.event_version is not None
    for version in (first.event_version, "0" * 26):
        with pytest.raises(InvalidData):
            storage.append_event("H1", EventEnvelope(EDIT, event_version=version), first.event_version)
    twice = [EventEnvelope(EDIT, event_version=LATE), EventEnvelope(EDIT, event_version=LATE)]
    with pytest.raises(InvalidData):
        storage.append_events("H1", twice, first.event_version)
    assert whole_log(storage) == [first]


@pytest.mark.parametrize(
    "version", ["", "1", "0" * 25, "0" * 27, "8" + "0" * 25, "01arz3ndektsv4rrffq69g5fav", "U" * 26]
)
def test_what_is_no_ulid_is_no_version(storage: Storage, version: str) -> None:
    with pytest.raises(InvalidData):
        storage.append_event("H1", EventEnvelope(created(), event_version=version))
    first = storage.append_event("H1", created())
    with pytest.raises(InvalidData):
        storage.append_event("H1", EDIT, version)
    assert whole_log(storage) == [first]


def test_an_expected_version_that_is_not_current_is_a_conflict(storage: Storage) -> None:
    first, second = storage.append_events("H1", [created(), EDIT])
    for expected in (first.event_version, None, "0" * 26, LATE):
        event = EDIT if expected else created(2)
        with pytest.raises(ConcurrentWriteConflict) as caught:
            storage.append_event("H1", event, expected)
        assert caught.value.aggregate_id == "H1"
        assert caught.value.expected_version == expected
        assert caught.value.current_version == second.event_version
    with pytest.raises(ConcurrentWriteConflict):  # a change that expects nothing
        storage.append_event("H1", EDIT)
    assert whole_log(storage) == [first, second]


def test_a_host_that_is_expected_and_not_there_is_a_conflict(storage: Storage) -> None:
    with pytest.raises(ConcurrentWriteConflict) as caught:
        storage.append_event("H1", EDIT, LATE)
    assert (caught.value.expected_version, caught.value.current_version) == (LATE, None)


def test_another_hosts_version_is_a_conflict(storage: Storage) -> None:
    first, second = storage.append_event("H1", created(1)), storage.append_event("H2", created(2))
    with pytest.raises(ConcurrentWriteConflict) as caught:
        storage.append_event("H1", EDIT, second.event_version)
    assert caught.value.current_version == first.event_version


def test_a_conflict_in_a_batch_names_its_host_and_undoes_the_others(storage: Storage) -> None:
    first, second = storage.append_events("H1", [created(), EDIT])
    with pytest.raises(ConcurrentWriteConflict) as caught:
        storage.append_batch([("H2", [created(2)], None), ("H1", [EDIT], first.event_version)])
    assert (caught.value.aggregate_id, caught.value.current_version) == ("H1", second.event_version)
    assert whole_log(storage) == [first, second]


def test_a_chain_begins_once_and_with_a_creation(storage: Storage) -> None:
    for event in (EDIT, HostDeleted("10.0.0.1", "host1.lan")):
        with pytest.raises(InvalidData):
            storage.append_event("H1", event)
    first = storage.append_event("H1", created())
    with pytest.raises(InvalidData):
        storage.append_event("H1", created(2), first.event_version)
    with pytest.raises(InvalidData):
        storage.append_events("H2", [created(2), created(3)])
    assert whole_log(storage) == [first]


def test_nothing_follows_a_deletion(storage: Storage) -> None:
    stored = storage.append_events("H1", [created(), HostDeleted("10.0.0.1", "host1.lan")])
    with pytest.raises(InvalidData, match="deleted"):
        storage.append_event("H1", EDIT, stored[1].event_version)
    with pytest.raises(ConcurrentWriteConflict) as caught:
        storage.append_event("H1", EDIT, stored[0].event_version)
    assert caught.value.current_version == stored[1].event_version
    with pytest.raises(ConcurrentWriteConflict):
        storage.append_event("H1", created())
    with pytest.raises(InvalidData):
        storage.append_events("H2", [created(2), HostDeleted("10.0.0.2", "host2.lan"), EDIT])
    assert whole_log(storage) == stored


def test_a_retry_adds_nothing_and_returns_what_is_stored(storage: Storage) -> None:
    event = EventEnvelope(created(), event_id="E1", created_by="me")
    first = storage.append_event("H1", event)
    assert storage.append_event("H1", event) == first
    edit = EventEnvelope(EDIT, event_id="E2")
    second = storage.append_event("H1", edit, first.event_version)
    assert storage.append_event("H1", edit, first.event_version) == second
    assert storage.append_event("H1", event) == first
    assert storage.append_event("H1", first) == first  # an envelope that came back may go in again
    assert storage.append_event("H1", second, first.event_version) == second
    assert whole_log(storage) == [first, second]


def test_a_retried_batch_adds_nothing_and_returns_what_is_stored(storage: Storage) -> None:
    batch = [
        ("H1", [EventEnvelope(created(1), "E1"), EventEnvelope(EDIT, "E2"), EventEnvelope(EDIT, "E3")], None),
        ("H2", [EventEnvelope(created(2), "E4")], None),
    ]
    stored = storage.append_batch(batch)
    assert storage.append_batch(batch) == stored
    assert whole_log(storage) == in_log_order(stored)
    with pytest.raises(InvalidData):  # half of it is new
        storage.append_batch([*batch, ("H3", [EventEnvelope(created(3), "E5")], None)])
    with pytest.raises(InvalidData):
        storage.append_batch([*batch, ("H3", [created(3)], None)])
    assert whole_log(storage) == in_log_order(stored)


def test_a_retry_after_the_host_has_gone_on_is_still_a_retry(storage: Storage) -> None:
    event = EventEnvelope(created(), event_id="E1")
    first = storage.append_event("H1", event)
    storage.append_event("H1", HostDeleted("10.0.0.1", "host1.lan"), first.event_version)
    assert storage.append_event("H1", event) == first
    assert storage.count_events("H1") == 2


@pytest.mark.parametrize(
    "other",
    [
        ("H2", EventEnvelope(created(), "E1", created_by="me")),
        ("H1", EventEnvelope(created(), "E1")),
        ("H1", EventEnvelope(created(), "E1", created_by="you")),
        ("H1", EventEnvelope(created(2), "E1", created_by="me")),
        ("H1", EventEnvelope(HostCreated("10.0.0.1", "host1.lan", "x"), "E1", created_by="me")),
        ("H1", EventEnvelope(created(), "E1", event_version=LATE, created_by="me")),
        ("H1", EventEnvelope(created(), "E1", created_at=PAST, created_by="me")),
        ("H1", EventEnvelope(created(), "E1", event_timestamp=PAST, created_by="me")),
        ("H2", EventEnvelope(created(2), "E1", created_by="me")),
    ],
    ids=range(9),
)
def test_a_stored_id_with_other_content_is_refused(
    storage: Storage, other: tuple[str, EventEnvelope]
) -> None:
    first = storage.append_event("H1", EventEnvelope(created(), event_id="E1", created_by="me"))
    with pytest.raises(InvalidData, match="already stored"):
        storage.append_event(*other)
    assert whole_log(storage) == [first]


def test_a_stored_id_with_another_expected_version_is_refused(storage: Storage) -> None:
    first, second, third = storage.append_events("H1", [created(), EventEnvelope(EDIT, "E2"), EDIT])
    for expected in (second.event_version, third.event_version):
        with pytest.raises(InvalidData, match="already stored"):
            storage.append_event("H1", EventEnvelope(EDIT, "E2"), expected)
    assert whole_log(storage) == [first, second, third]


def test_one_id_twice_in_a_batch_is_refused(storage: Storage) -> None:
    twice = EventEnvelope(EDIT, event_id="E1")
    with pytest.raises(InvalidData):
        storage.append_events("H1", [created(), twice, twice])
    assert whole_log(storage) == []
