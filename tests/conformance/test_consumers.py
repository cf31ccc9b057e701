"""Following the log: watch, and consumers that keep their position in the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep

import pytest

import hostsdb
from hostsdb import InvalidData, Storage
from tests.conformance.samples import new_host, whole_log


@contextmanager
def written_meanwhile(url: str, hosts: int) -> Iterator[None]:
    """Add hosts by another storage, from another thread, a moment after the block has begun."""

    def write() -> None:
        with hostsdb.connect(url, initialize=False) as other:
            for number in range(hosts):
                sleep(0.1 if number == 0 else 0.005)
                new_host(other, number)

    writer = Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        writer.join()


def test_watch_yields_what_is_there_and_ends_when_nothing_comes(storage: Storage) -> None:
    assert list(storage.watch(timeout=0)) == []
    for number in range(3):
        new_host(storage, number)
    log = whole_log(storage)
    assert list(storage.watch(-1, timeout=0)) == log
    assert list(storage.watch(after=log[0].position, timeout=0)) == log[1:]
    begin = monotonic()
    assert list(storage.watch(after=log[-1].position, timeout=0.3)) == []
    assert 0.3 <= monotonic() - begin < 5


def test_watch_without_a_position_yields_only_what_is_new(storage: Storage, url: str) -> None:
    new_host(storage, 200)
    with written_meanwhile(url, 3):
        events = storage.watch(timeout=10)
        seen = [next(events) for _ in range(3)]
    events.close()  # type: ignore[attr-defined]
    assert seen == whole_log(storage)[1:]


def test_watch_yields_every_event_once_while_another_writes(storage: Storage, url: str) -> None:
    with written_meanwhile(url, 20):
        seen = list(storage.watch(-1, timeout=2))
    assert seen == whole_log(storage)
    assert len(seen) == 20


def test_a_consumer_goes_on_where_it_was(storage: Storage) -> None:
    for number in range(5):
        new_host(storage, number)
    log = whole_log(storage)
    assert storage.list_consumers() == []
    with storage.consuming("dns", limit=2) as batch:
        assert batch.events == log[:2]
    with storage.consuming("dns") as batch:
        assert batch.events == log[2:]
    with storage.consuming("dns") as batch:
        assert batch.events == []
    with storage.consuming("other", limit=1) as batch:
        assert batch.events == log[:1]
    assert [(c.name, c.position) for c in storage.list_consumers()] == [
        ("dns", log[-1].position),
        ("other", log[0].position),
    ]
    assert all(consumer.updated_at.tzinfo for consumer in storage.list_consumers())


def test_what_a_consumer_writes_and_its_position_are_one_transaction(storage: Storage) -> None:
    new_host(storage)
    with storage.consuming("dns", limit=0) as batch:
        batch.connection.execute("CREATE TABLE handled (number INTEGER PRIMARY KEY)")
    for attempt in ("fails", "succeeds"):
        try:
            with storage.consuming("dns") as batch:
                assert len(batch.events) == 1
                batch.connection.execute("INSERT INTO handled VALUES (1)")
                if attempt == "fails":
                    raise RuntimeError(attempt)
        except RuntimeError:
            assert storage.list_consumers() == []
    # What the first attempt wrote is gone, what the second wrote is there.
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"), storage.consuming("dns") as batch:
        assert batch.events == []
        batch.connection.execute("INSERT INTO handled VALUES (1)")
    with storage.consuming("dns") as batch:
        batch.connection.execute("DROP TABLE handled")


def test_a_consumer_waits_for_an_event(storage: Storage, url: str) -> None:
    begin = monotonic()
    with storage.consuming("dns", timeout=0.2) as batch:
        assert batch.events == []
    assert monotonic() - begin >= 0.2
    with written_meanwhile(url, 1), storage.consuming("dns", timeout=30) as batch:
        assert len(batch.events) == 1
    assert monotonic() - begin < 10


def test_a_consumer_has_a_name(storage: Storage) -> None:
    for bad in ("", "a\0b"):
        with pytest.raises(InvalidData), storage.consuming(bad):
            pass
    with pytest.raises(InvalidData), storage.consuming("dns", limit=-1):
        pass


@pytest.mark.parametrize("read", ["list_all", "get_by_id", "find", "search", "get_at_time", "map_at_time"])
def test_a_read_after_one_s_own_write_shows_it(storage: Storage, read: str) -> None:
    host = new_host(storage)
    position = storage.load_events(host.id)[-1].position
    calls = {
        "list_all": lambda after: storage.list_all(read_after=after)[0],
        "get_by_id": lambda after: storage.get_by_id(host.id, read_after=after),
        "find": lambda after: storage.find_by_ip_and_hostname(
            host.ip_address, host.hostname, read_after=after
        ),
        "search": lambda after: storage.search(hostsdb.HostFilter(), read_after=after)[0],
        "get_at_time": lambda after: storage.get_at_time(host.updated_at, read_after=after)[0],
        "map_at_time": lambda after: storage.map_at_time(host.updated_at, lambda h: h, read_after=after)[0],
    }
    assert calls[read](position) == calls[read](-1) == calls[read](None) == host
    with pytest.raises(hostsdb.QueryFailed, match="does not reach position"):
        calls[read](2**62)
