"""Importing a file's hosts: each pair once, as its first line has it, and one event for each real change."""

from io import BytesIO

import pytest

from hostsdb import Storage
from hostsdb.formats import read
from hostsdb.operations import importing

OLD = b"10.0.0.7 same\n10.0.0.8 other old\n10.0.0.9 gone\n"
NEW = b"10.0.0.2 b\n10.0.0.1 a x\nno line\n10.0.0.1 a y\n10.0.0.7 same\n10.0.0.8 other new\n10.0.0.3 c\n"
AFTER = {"a": ("x",), "b": (), "c": (), "same": ()}


def lines(content: bytes):
    return read(BytesIO(content), "hosts")


@pytest.mark.parametrize("at_once", [1, 2, 3, 250_000])
def test_hosts_are_added_by_as_many_statements_as_it_takes(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(importing, "_ADDED_AT_ONCE", at_once)
    storage.import_hosts(lines(OLD))
    done = storage.import_hosts(lines(NEW), created_by="me")
    assert (done.read, done.added, done.changed, done.removed, done.bad) == (7, 3, 0, 0, 1)
    assert done.skipped == 3  # the pair's second line, and two that are there
    entries = {entry.hostname: entry.aliases for entry in storage.list_all()}
    assert entries == AFTER | {"other": ("old",), "gone": ()}
    events = storage.events_since(-1)
    assert len(events) == 6 and len({event.event_id for event in events}) == 6
    assert [event.created_by for event in events[3:]] == ["me"] * 3


@pytest.mark.parametrize("mode", ["replace", "mirror"])
def test_what_is_there_is_changed_and_what_the_file_lacks_goes(storage: Storage, mode) -> None:
    storage.import_hosts(lines(OLD))
    done = storage.import_hosts(lines(NEW), mode=mode)
    removed = 1 if mode == "mirror" else 0
    assert (done.added, done.changed, done.removed, done.unchanged) == (3, 1, removed, 1)
    entries = {entry.hostname: entry.aliases for entry in storage.list_all()}
    assert entries == AFTER | {"other": ("new",)} | ({} if removed else {"gone": ()})
    assert storage.import_hosts(lines(NEW), mode=mode).unchanged == 5
