"""A storage is opened, initialised as often as one likes, found healthy, and closed."""

import pytest

from hostsdb import ConnectionFailed, Storage, StorageError
from tests.conformance.calling import Open
from tests.conformance.samples import new_host


def test_the_backends_name_is_the_urls(storage: Storage, url: str) -> None:
    assert url.startswith(f"{storage.backend_name}://")


def test_initialising_again_changes_nothing(opened: Open, url: str) -> None:
    with opened(url) as storage:
        host = new_host(storage)
        assert storage.initialize() == []
        storage.health_check()
        assert storage.list_all() == [host]


def test_what_is_stored_is_there_after_closing(opened: Open, url: str) -> None:
    with opened(url) as storage:
        host = new_host(storage, comment="x", tags=["t"])
        snapshot = storage.create_snapshot("one")
        log = storage.events_since(-1)
    with opened(url, initialize=False) as storage:
        assert storage.list_all() == [host]
        assert storage.events_since(-1) == log
        assert snapshot.snapshot_id and storage.get_snapshot(snapshot.snapshot_id) == snapshot


def test_a_closed_storage_says_so(opened: Open, url: str) -> None:
    with opened(url) as storage:
        storage.close()
        for call in (storage.health_check, storage.list_all, storage.initialize, storage.create_snapshot):
            with pytest.raises(ConnectionFailed, match="closed"):
                call()
        storage.close()


def test_a_failed_call_leaves_the_storage_usable(storage: Storage) -> None:
    for _ in range(15):  # more than a pool has connections
        with pytest.raises(StorageError):
            storage.restore_snapshot("no such snapshot")
    host = new_host(storage)
    assert storage.list_all() == [host]
