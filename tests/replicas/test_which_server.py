"""Which server answers a read: the standby, or the primary while there is no standby."""

import time
from urllib.parse import quote

import pytest

from hostsdb import HostCreated, InvalidConnectionString, Storage
from tests.conformance.calling import Open
from tests.replicas.pair import READS, Pair, add, ids, paused
from tests.support.postgres_standby import wait_until


@pytest.mark.parametrize("how", ["parameter", "in the URL"])
def test_reads_go_to_the_standby_and_writes_to_the_primary(opened: Open, pair: Pair, how: str) -> None:
    read_url = pair.read_url(20)
    if how == "parameter":
        opening = opened(pair.url, read_url=read_url)
    else:
        opening = opened(f"{pair.url}?read_url={quote(read_url, safe='')}")
    with opening as storage:
        with paused(pair.standby):
            add(storage)
            assert {name: read(storage) for name, read in READS.items()} == {name: [] for name in READS}
            # What is no read of the projection comes from the primary.
            assert storage.get_current_version("H") and len(storage.load_events("H")) == 1
            assert len(storage.events_since(-1)) == storage.count_events("H") == 1
        pair.standby.catch_up()
        assert {name: ids(read(storage)) for name, read in READS.items()} == {name: ["H"] for name in READS}


def test_reads_need_no_primary(opened: Open, pair: Pair) -> None:
    with opened(f"{pair.url}?acquire_timeout=2", read_url=pair.read_url(20)) as storage:
        with paused(pair.standby):
            position = add(storage)
            pair.standby.receive()
            pair.primary.stop()
        try:
            # Nobody but the standby is there to answer.
            for name, read in READS.items():
                assert ids(read(storage, read_after=position)) == ["H"], name
                assert ids(read(storage)) == ["H"], name
        finally:
            pair.primary.start()


def test_the_primary_answers_while_there_is_no_standby(
    opened: Open, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hostsdb.database.standby._UNUSED_FOR", 0.5)  # for five seconds otherwise
    read_url = pair.read_url(0.4)
    with opened(pair.url, read_url=read_url) as storage:
        assert storage.list_all() == []
        pair.standby.stop()
        try:
            position = add(storage)
            assert_answered(storage, position)
            with opened(pair.url, read_url=read_url) as later:
                assert_answered(later, position)
        finally:
            pair.standby.start()
        pair.standby.catch_up()
        with paused(pair.standby):
            storage.append_event("later", HostCreated("10.0.0.2", "later"))
            wait_until(lambda: ids(storage.list_all()) == ["H"], 10)  # it is asked again


def assert_answered(storage: Storage, position: int) -> None:
    for name, read in READS.items():
        before = time.monotonic()
        assert ids(read(storage)) == ids(read(storage, read_after=position)) == ["H"], name
        assert time.monotonic() - before < 4, name


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_an_embedded_engine_takes_read_after_and_no_read_url(
    opened: Open, request: pytest.FixtureRequest, engine: str
) -> None:
    url = request.getfixturevalue(f"current_{engine}_url")
    with opened(url) as storage:
        position = add(storage)
        for read in READS.values():
            assert ids(read(storage, read_after=position)) == ["H"]
    for wrong in (url, "postgres://me:hush@127.0.0.1/db"):
        with pytest.raises(InvalidConnectionString) as caught, opened(url, read_url=wrong):
            pass
        assert "hush" not in str(caught.value)
