"""I5 after dump and restore into a new cluster, where transaction ids start over (PostgreSQL)."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

import pytest

from tests.schema.raw import Raw, changed, created, migrate
from tests.schema.test_positions import Reader
from tests.support.postgres_process import PostgresProcess, postgres_process
from tests.support.postgres_server import fresh_database

BURN = "DO $$ BEGIN FOR i IN 1..{number} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
HORIZON = "SELECT log_horizon()"
OLD = ["a-1", "a-2", "b-1", "c-1"]


@dataclass(frozen=True)
class Cluster:
    """A cluster with low transaction ids, and the dump of a log from one where they are high."""

    process: PostgresProcess
    dump: str


def pg_dump(process: PostgresProcess, url: str) -> str:
    run = subprocess.run([process._program("pg_dump"), url], capture_output=True, text=True, check=True)
    return run.stdout


def psql(process: PostgresProcess, url: str, script: str) -> None:
    options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", "--file=-"]
    run = subprocess.run(
        [process._program("psql"), url, *options], input=script, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """The log is written where 20,000 transactions went before, one transaction each two events."""
    with postgres_process() as old, fresh_database(old.url) as url, closing(Raw("postgres", url)) as raw:
        migrate(raw)
        raw.run(BURN.format(number=20_000))
        raw.insert_event(**created("a"))
        raw.insert_events([changed("a", "CommentUpdated", 2, comment="x"), created("b"), created("c")])
        dump = pg_dump(old, url)
    with postgres_process() as new:
        yield Cluster(new, dump)


@contextmanager
def restored_database(cluster: Cluster, dump: str) -> Iterator[Raw]:
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database(cluster.process.url))
        psql(cluster.process, url, dump)
        yield stack.enter_context(closing(Raw("postgres", url)))


@pytest.fixture
def restored(cluster: Cluster) -> Iterator[Raw]:
    """The log, restored into the new cluster."""
    with restored_database(cluster, cluster.dump) as raw:
        yield raw


def burn(raw: Raw, number: int) -> None:
    raw.run(BURN.format(number=number))


def test_the_new_cluster_s_transaction_ids_are_lower(restored: Raw) -> None:
    [(lower,)] = restored.run(
        "SELECT pg_current_xact_id()::text::bigint < min(position) >> 22 FROM host_events"
    )
    assert lower


def test_every_restored_event_is_readable_at_once(restored: Raw) -> None:
    assert Reader(restored).read() == OLD
    other = restored.connect()
    restored.run("BEGIN", on=other)
    restored.run("SELECT pg_current_xact_id()", on=other)  # another database of the cluster
    assert Reader(restored).read() == OLD
    restored.assert_consistent()


def test_new_events_come_after_all_old_ones(restored: Raw) -> None:
    reader = Reader(restored)
    assert reader.read() == OLD
    for number in range(3):
        restored.insert_event(**created(f"new{number}"))
        assert reader.read() == [f"new{number}-1"]
    restored.insert_event(**changed("a", "CommentUpdated", 3, comment="y"))
    assert reader.read() == ["a-3"]
    assert Reader(restored).read() == [*OLD, "new0-1", "new1-1", "new2-1", "a-3"]
    restored.assert_consistent()


@pytest.mark.parametrize("outcome", ["COMMIT", "ROLLBACK"])
def test_a_first_writer_hides_nothing_that_was_seen(restored: Raw, outcome: str) -> None:
    reader, first = Reader(restored), restored.connect()
    restored.run("BEGIN", on=first)
    restored.insert_event(on=first, **created("new"))
    assert reader.read() == OLD
    restored.run(outcome, on=first)
    assert reader.read() == (["new-1"] if outcome == "COMMIT" else [])
    assert Reader(restored).read()[:4] == OLD
    restored.insert_event(**created("later"))
    assert reader.read() == ["later-1"]


@pytest.mark.parametrize("outcome", ["COMMIT", "ROLLBACK"])
def test_a_racing_pair_of_first_writers(restored: Raw, outcome: str) -> None:
    reader = Reader(restored)
    bystander, first, second = restored.connect(), restored.connect(), restored.connect()
    # What is older than the first writer, and ends before the second one starts, moves the ground of the sum.
    restored.run("BEGIN", on=bystander)
    restored.run("SELECT pg_current_xact_id()", on=bystander)
    burn(restored, 50)
    restored.run("BEGIN", on=first)
    restored.insert_event(on=first, **created("first"))
    restored.run("COMMIT", on=bystander)
    with ThreadPoolExecutor(1) as pool:
        racing = pool.submit(restored.insert_event, on=second, **created("second"))
        wait_until_blocked(restored, second)
        restored.run(outcome, on=first)
        racing.result(20)
    new = ["first-1", "second-1"] if outcome == "COMMIT" else ["second-1"]
    assert reader.read() == [*OLD, *new]
    restored.insert_event(**created("third"))
    assert reader.read() == ["third-1"]
    assert restored.rows("host_events", "position, event_id") == reader.seen


def wait_until_blocked(raw: Raw, connection: object) -> None:
    pid = connection.info.backend_pid  # type: ignore[attr-defined]  # a psycopg connection
    while raw.run("SELECT count(*) FROM pg_locks WHERE pid = ? AND NOT granted", [pid]) == [(0,)]:
        pass


def test_the_horizon_never_falls_below_what_was_seen(restored: Raw) -> None:
    reader, watcher = Reader(restored), restored.connect()

    def check() -> None:
        reader.read()
        [(horizon,)] = restored.run(HORIZON, on=watcher)
        assert horizon > reader.seen[-1][0]

    check()
    open_one = restored.connect()
    restored.run("BEGIN", on=open_one)
    restored.insert_event(on=open_one, **created("open"))
    check()
    burn(restored, 20)
    check()
    restored.run("COMMIT", on=open_one)
    check()
    restored.insert_event(**created("after"))
    burn(restored, 20)
    check()


def test_a_second_restore_goes_on_as_well(cluster: Cluster, restored: Raw) -> None:
    restored.insert_event(**created("new"))
    again = pg_dump(cluster.process, restored.location)
    with restored_database(cluster, again) as raw:
        reader = Reader(raw)
        assert reader.read() == [*OLD, "new-1"]
        raw.insert_event(**created("newer"))
        assert reader.read() == ["newer-1"]
        raw.assert_consistent()


def test_a_schema_without_events_is_restored_too(cluster: Cluster) -> None:
    with fresh_database(cluster.process.url) as url, closing(Raw("postgres", url)) as raw:
        migrate(raw)
        empty = pg_dump(cluster.process, url)
    with restored_database(cluster, empty) as raw:
        raw.insert_event(**created("first"))
        assert Reader(raw).read() == ["first-1"]
