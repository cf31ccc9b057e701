"""How long a read on a standby waits for what was written."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hostsdb import HostCreated, QueryFailed
from tests.conformance.calling import Open
from tests.replicas.pair import READS, Pair, add, ids, paused
from tests.support.postgres_standby import PostgresStandby, ask


@contextmanager
def resuming(standby: PostgresStandby) -> Iterator[None]:
    """Let a paused standby go on 0.3 s later, which what is inside has to wait for."""
    timer = threading.Timer(0.3, standby.resume)
    timer.start()
    before = time.monotonic()
    try:
        yield
        assert 0.2 < time.monotonic() - before < 10
    finally:
        timer.join()


@pytest.mark.parametrize("name", READS)
def test_a_read_after_a_position_waits_for_the_standby(opened: Open, pair: Pair, name: str) -> None:
    with opened(pair.url, read_url=pair.read_url(20)) as storage, paused(pair.standby):
        position = add(storage)
        assert READS[name](storage) == []
        with resuming(pair.standby):
            assert ids(READS[name](storage, read_after=position)) == ["H"]


def test_a_standby_that_has_the_position_answers_at_once(opened: Open, pair: Pair) -> None:
    with opened(pair.url, read_url=pair.read_url(20)) as storage:
        position = add(storage)
        pair.standby.catch_up()
        with paused(pair.standby):
            storage.append_event("later", HostCreated("10.0.0.2", "later"))
            # The later host would be in the primary's answer.
            assert ids(storage.list_all(read_after=position)) == ["H"]
            assert ids(storage.list_all(read_after=-1)) == ["H"]


def test_a_standby_that_never_gets_there_is_not_waited_for_longer_than_it_may(
    opened: Open, pair: Pair
) -> None:
    with opened(pair.url, read_url=pair.read_url(0.2)) as storage, paused(pair.standby):
        position = add(storage)
        for name, read in READS.items():
            before = time.monotonic()
            assert ids(read(storage, read_after=position)) == ["H"], name
            assert 0.15 < time.monotonic() - before < 3, name
            assert read(storage) == [], name


def test_a_standby_of_a_restored_log_is_waited_for(opened: Open, pair: Pair) -> None:
    with opened(pair.url, read_url=pair.read_url(20)) as storage:
        storage.append_event("before", HostCreated("10.0.0.2", "before"))
        # As in a new cluster, whose transaction ids start over: the log is ahead of them until somebody writes.
        ask(pair.url, "UPDATE log_epoch SET xid_offset = xid_offset - 1000000")
        assert ask(pair.url, "SELECT log_is_restored()") == [(True,)]
        pair.standby.catch_up()
        with paused(pair.standby):
            position = add(storage)
            with resuming(pair.standby):
                assert ids(storage.list_all(read_after=position)) == ["H", "before"]


def test_a_position_that_no_server_has_is_told(opened: Open, pair: Pair) -> None:
    with opened(pair.url, read_url=pair.read_url(0.2)) as storage:
        position = add(storage) + (100 << 22)
        for read in READS.values():
            with pytest.raises(QueryFailed, match=f"does not reach position {position}"):
                read(storage, read_after=position)
