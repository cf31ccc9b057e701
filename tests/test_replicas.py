"""Reads on a standby: which server answers them, how long they wait for what was written, and what a follower sees."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

import hostsdb
from hostsdb import HostCreated, HostFilter, InvalidConnectionString, NotFound, QueryFailed, Storage
from tests.conformance.calling import STYLES, Open
from tests.postgres_process import PostgresProcess, postgres_process
from tests.postgres_standby import PostgresStandby, ask, postgres_standby, wait_until
from tests.schema.raw import Raw, changed, created
from tests.schema.test_positions import begin

FUTURE = datetime(2999, 1, 1, tzinfo=UTC)
READS: dict[str, Callable[..., Any]] = {
    "list_all": lambda storage, **more: storage.list_all(**more),
    "search": lambda storage, **more: storage.search(HostFilter(hostname_pattern="h"), **more),
    "get_at_time": lambda storage, **more: storage.get_at_time(FUTURE, **more),
    "find": lambda storage, **more: [
        e for e in [storage.find_by_ip_and_hostname("10.0.0.1", "h", **more)] if e
    ],
    "get_by_id": lambda storage, **more: by_id(storage, **more),
}


def by_id(storage: Storage, **more: Any) -> list[Any]:
    try:
        return [storage.get_by_id("H", **more)]
    except NotFound:
        return []


class Pair(NamedTuple):
    """Two servers, and an empty database with the schema on them."""

    primary: PostgresProcess
    standby: PostgresStandby

    @property
    def url(self) -> str:
        return self.primary.url

    def read_url(self, patience: float) -> str:
        """Return the standby's URL, with so many seconds to wait for it."""
        return f"{self.standby.url}?acquire_timeout={patience}"


@pytest.fixture(scope="module")
def servers() -> Iterator[Pair]:
    # What is committed with synchronous_commit=off, as by Raw, goes to the standby when the WAL writer wakes.
    settings = {"wal_writer_delay": "10ms"}
    with postgres_process(settings=settings) as primary, postgres_standby(primary) as standby:
        hostsdb.connect(primary.url).close()
        yield Pair(primary, standby)


# No trigger refuses then, and a new database would take ten times as long.
EMPTY = "SET session_replication_role = replica; TRUNCATE host_events, host_entries"


@pytest.fixture
def pair(servers: Pair) -> Pair:
    ask(servers.url, EMPTY)
    servers.standby.catch_up()
    return servers


@pytest.fixture(params=STYLES)
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    """What opens a storage in the call style."""
    with STYLES[request.param]() as opened:
        yield opened


@contextmanager
def paused(standby: PostgresStandby) -> Iterator[None]:
    standby.pause()
    try:
        yield
    finally:
        standby.resume()


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


def add(storage: Storage) -> int:
    """Add the host that READS look for, on the primary; return the event's position."""
    position = storage.append_event("H", HostCreated("10.0.0.1", "h")).position
    assert position is not None
    return position


def ids(entries: list[Any]) -> list[str]:
    return [entry.id for entry in entries]


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
    monkeypatch.setattr("hostsdb.reading._LEAVE_ALONE", 0.5)  # for five seconds otherwise
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


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_an_embedded_engine_takes_read_after_and_no_read_url(
    opened: Open, request: pytest.FixtureRequest, engine: str
) -> None:
    url = request.getfixturevalue(f"{engine}_url")
    with opened(url) as storage:
        position = add(storage)
        for read in READS.values():
            assert ids(read(storage, read_after=position)) == ["H"]
    for wrong in (url, "postgres://me:hush@127.0.0.1/db"):
        with pytest.raises(InvalidConnectionString) as caught, opened(url, read_url=wrong):
            pass
        assert "hush" not in str(caught.value)


class Follower:
    """Follows the standby by position, as an application does."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.seen: list[tuple[int | None, str | None]] = []

    def read(self) -> list[str | None]:
        """Return the ids of the events that are new."""
        new = self._storage.events_since((self.seen[-1][0] if self.seen else None) or -1)
        self.seen += [(event.position, event.event_id) for event in new]
        return [event.event_id for event in new]


def test_a_follower_of_the_standby_waits_for_open_transactions(opened: Open, pair: Pair) -> None:
    with closing(Raw("postgres", pair.url)) as raw, opened(pair.standby.url, initialize=False) as storage:
        follower = Follower(storage)
        early, lost = raw.connect(), raw.connect()
        for silent in (early, lost):
            raw.run("BEGIN", on=silent)
            # A place in the log before all others, of which the standby hears nothing.
            raw.run("SELECT pg_current_xact_id()", on=silent)
        slow, fast = begin(raw, "slow"), begin(raw, "fast")
        raw.insert_event(on=slow, **changed("slow", "CommentUpdated", 2, comment="x"))
        told = []
        for end, connection in (("COMMIT", fast), ("ROLLBACK", lost), ("COMMIT", slow)):
            raw.run(end, on=connection)
            pair.standby.catch_up()
            told += follower.read()
        assert told == []
        assert (
            len(ask(pair.standby.url, "SELECT 1 FROM host_events")) == 3
        )  # they are there, and still hidden
        raw.insert_event(on=early, **created("early"))
        raw.run("COMMIT", on=early)
        pair.standby.catch_up()
        assert follower.read() == ["early-1", "slow-1", "slow-2", "fast-1"]
        assert follower.read() == []


def test_a_follower_of_the_standby_misses_and_doubles_nothing(opened: Open, pair: Pair) -> None:
    with closing(Raw("postgres", pair.url)) as raw, opened(pair.standby.url, initialize=False) as storage:
        follower, batches = Follower(storage), 0
        with ThreadPoolExecutor(4) as pool:
            writers = [pool.submit(write, raw, number) for number in range(4)]
            while not all(writer.done() for writer in writers):
                batches += bool(follower.read())
            for writer in writers:
                writer.result()
        assert batches > 10  # it did follow, and not only read what was there in the end
        pair.standby.catch_up()
        follower.read()
        assert follower.seen == raw.rows("host_events", "position, event_id")
        assert len(follower.seen) > 200


def write(raw: Raw, writer: int) -> None:
    """Write in transactions that stay open for a while, some of them for nothing."""
    connection, chance = raw.connect(), random.Random(writer)
    for number in range(60):
        raw.run("BEGIN", on=connection)
        for step in range(chance.randrange(1, 5)):
            raw.insert_event(on=connection, **created(f"w{writer}-{number}-{step}"))
            time.sleep(chance.random() / 100)
        raw.run(chance.choice(["COMMIT", "COMMIT", "ROLLBACK"]), on=connection)
