"""Through a PgBouncer in transaction mode: two connections to the server for everybody, another after each transaction.

The conformance suite runs through it too; here is what needs more than one client.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from threading import Barrier, Thread

import pytest

import hostsdb
from hostsdb import CommentUpdated, HostCreated, QueryFailed
from hostsdb.database.driver import run
from hostsdb.database.open import open_database
from hostsdb.formats.record import HostRecord
from hostsdb.operations.verifying import verify
from hostsdb.schema.files import migrations_for
from hostsdb.url import parse_url
from tests.conformance.calling import STYLES, Open
from tests.support.pgbouncer import POOL_SIZE, Through, pgbouncer, take_turns
from tests.support.postgres_server import PostgresServer, fresh_database
from tests.test_races import asked, check

THREADS, ROUNDS = 8, 20

# Two clients of a pool that take turns in step with PgBouncer's two connections would each keep its own.
ONE_CLIENT = "max_connections=1"

SERVER_CONNECTIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@pytest.fixture(scope="module")
def through(postgres_server: PostgresServer) -> Iterator[Through]:
    """From a database's own URL to the one through PgBouncer."""
    with pgbouncer(postgres_server.url) as through:
        yield through


@pytest.fixture
def direct(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database, not through PgBouncer."""
    with fresh_database(postgres_server.url) as url:
        yield url


@pytest.fixture(params=STYLES)
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    """What opens a storage in the call style."""
    with STYLES[request.param]() as opened:
        yield opened


def test_statements_are_repeated_for_ever_without_preparing(
    opened: Open, through: Through, direct: str
) -> None:
    with opened(through(direct)) as storage:
        take_turns(through(direct))
        assert [storage.count_events("H") for _ in range(20)] == [0] * 20


def test_a_prepared_statement_is_lost_and_the_error_names_the_way_out(
    opened: Open, through: Through, direct: str
) -> None:
    with opened(through(direct)):
        take_turns(through(direct))
    with (
        pytest.raises(QueryFailed, match=r"prepared statement .* add prepare_threshold=none to the URL"),
        opened(through(direct, f"{ONE_CLIENT}&prepare_threshold=0"), initialize=False) as storage,
    ):
        for _ in range(20):
            storage.count_events("H")


def test_psycopgs_default_breaks_too(opened: Open, through: Through, direct: str) -> None:
    with opened(through(direct)):
        take_turns(through(direct))
    counted = 0
    with (
        opened(through(direct, ONE_CLIENT), initialize=False) as storage,
        pytest.raises(QueryFailed, match="prepared"),
    ):
        for _ in range(20):
            storage.count_events("H")
            counted += 1
    assert counted >= 5


@pytest.mark.faults
def test_the_schema_is_made_by_many_processes_at_once(through: Through, direct: str) -> None:
    command = [sys.executable, "-m", "hostsdb", "init", "--url", through(direct)]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    outputs = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, outputs
    applied = [line for out, _ in outputs for line in out.splitlines() if line.startswith("applied")]
    with hostsdb.connect(direct, initialize=False) as storage:
        assert storage.initialize() == []
    assert len(applied) == len(set(applied)) >= len(migrations_for("postgres"))


def lines(numbers: range, comment: str) -> list[HostRecord]:
    return [HostRecord(n, f"10.0.{n // 250}.{n % 250}", f"h{n}.lan", (f"h{n}",), comment) for n in numbers]


def test_hosts_are_imported_mirrored_and_restored(opened: Open, through: Through, direct: str) -> None:
    with opened(through(direct)) as storage:
        take_turns(through(direct))
        assert storage.import_hosts(lines(range(400), "old")).added == 400
        before = storage.list_all()
        snapshot_id = storage.create_snapshot().snapshot_id or ""
        summary = storage.import_hosts(lines(range(200, 500), "new"), mode="mirror")
        assert (summary.added, summary.changed, summary.removed) == (100, 200, 200)
        assert storage.plan_import(lines(range(200, 500), "new"), mode="mirror").differences == ()
        assert {entry.comment for entry in storage.list_all()} == {"new"}
        storage.restore_snapshot(snapshot_id)
        content = [(e.ip_address, e.hostname, e.aliases, e.comment, e.tags) for e in storage.list_all()]
    assert content == [(e.ip_address, e.hostname, e.aliases, e.comment, e.tags) for e in before]
    database = open_database(parse_url(through(direct)))
    try:
        assert run(database.engine, verify) == []
    finally:
        database.close()
    check(direct, events=400 + 100 + 2 * 200 + 100 + 2 * 200, entries=400)


def test_a_watcher_is_not_told_but_looks(through: Through, direct: str) -> None:
    with hostsdb.connect(through(direct)) as writer, hostsdb.connect(through(direct)) as reader:
        take_turns(through(direct))
        watched = reader.watch(timeout=10)

        def write() -> None:
            for number in range(5):
                time.sleep(0.3)  # longer than the watcher waits at first
                writer.add_host("10.0.0.1", f"h{number}")

        thread = Thread(target=write)
        thread.start()
        seen = [envelope.event for envelope in islice(watched, 5)]
        thread.join()
        assert seen == [HostCreated("10.0.0.1", f"h{number}") for number in range(5)]
        # A connection to the server that was asked to LISTEN serves everybody: nobody else may be hurt.
        assert [len(reader.list_all()) for _ in range(2 * POOL_SIZE)] == [5] * 2 * POOL_SIZE


def test_a_consumer_gets_each_event_once(through: Through, direct: str) -> None:
    with hostsdb.connect(through(direct)) as storage:
        take_turns(through(direct))
        got = []
        for number in range(5):
            storage.add_host("10.0.0.1", f"h{number}")
            with storage.consuming("names") as batch:
                got += [e.event for e in batch.events]
        assert got == [HostCreated("10.0.0.1", f"h{number}") for number in range(5)]


def test_many_threads_share_two_connections_and_nothing_is_lost(through: Through, direct: str) -> None:
    start = Barrier(THREADS)
    with hostsdb.connect(through(direct, f"prepare_threshold=none&max_connections={THREADS}")) as storage:

        def append(thread: int) -> None:
            start.wait(30)
            for number in range(ROUNDS):
                host = storage.add_host(f"10.0.{thread}.{number}", "h")
                storage.append_event(host.id, CommentUpdated(None, f"{thread}"), host.event_version)

        threads = [Thread(target=append, args=[thread]) for thread in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert asked(direct, SERVER_CONNECTIONS) == [(POOL_SIZE,)]
        assert len(storage.events_since(-1)) == 2 * THREADS * ROUNDS
    check(direct, events=2 * THREADS * ROUNDS, entries=THREADS * ROUNDS)
    expected = [(f"10.0.{t}.{n}", f"{t}", 2) for t in range(THREADS) for n in range(ROUNDS)]
    found = asked(
        direct,
        """
        SELECT n.ip_address, n.comment, count(DISTINCT e.position) FROM host_entries AS n
        INNER JOIN host_events AS e ON n.id = e.aggregate_id GROUP BY n.id, n.ip_address, n.comment
        """,
    )
    assert sorted(found) == sorted(expected)
