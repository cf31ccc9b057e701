"""Eight processes at once: one wins, the others learn to whom they lost, and each host's chain is straight."""

import sqlite3
from contextlib import closing
from threading import Barrier, Thread

import psycopg
import pytest

import hostsdb
from hostsdb import ConcurrentWriteConflict, DuplicateEntry, HostCreated
from tests.support.racing import RACERS, race

ROUNDS = 10

COUNTS = "SELECT (SELECT count(*) FROM host_events), (SELECT count(*) FROM host_entries)"
COLUMNS = "id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version"
# Each of these finds nothing where all is well.
FAULTS = {
    "fork": """
        SELECT aggregate_id FROM host_events
        GROUP BY aggregate_id, coalesce(expected_version, '') HAVING count(*) > 1
    """,
    "gap": """
        SELECT e.event_id FROM host_events AS e
        LEFT JOIN host_events AS p ON p.aggregate_id = e.aggregate_id AND p.event_version = e.expected_version
        WHERE e.expected_version IS NOT NULL AND (p.event_id IS NULL OR p.position >= e.position)
    """,
    "lost": f"SELECT {COLUMNS} FROM host_entries_current EXCEPT SELECT {COLUMNS} FROM host_entries",
    "made up": f"SELECT {COLUMNS} FROM host_entries EXCEPT SELECT {COLUMNS} FROM host_entries_current",
    "pair": "SELECT ip_address FROM host_entries_current GROUP BY ip_address, hostname HAVING count(*) > 1",
}


@pytest.fixture(params=["current_postgres_url", "current_sqlite_url"])
def url(request: pytest.FixtureRequest) -> str:
    """A fresh database on each engine that many processes may open, with the schema."""
    return str(request.getfixturevalue(request.param))


def asked(url: str, query: str) -> list[tuple]:
    """Ask the bare driver."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            return file.execute(query).fetchall()
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def check(url: str, events: int, entries: int) -> None:
    assert asked(url, COUNTS) == [(events, entries)]
    assert {name: asked(url, query) for name, query in FAULTS.items()} == {name: [] for name in FAULTS}


def test_of_writers_with_the_same_version_one_wins(url: str) -> None:
    with hostsdb.connect(url, initialize=False) as storage:
        version = storage.append_event("H", HostCreated("10.0.0.1", "h")).event_version
        for accounts in race(url, "version", ROUNDS):
            (winner,) = (reported for outcome, reported in accounts if outcome == "won")
            lost = [reported for outcome, reported in accounts if outcome == ConcurrentWriteConflict.__name__]
            reported = {"aggregate_id": "H", "expected_version": version, "current_version": winner}
            assert lost == [reported] * (RACERS - 1)
            version = winner
        assert storage.get_current_version("H") == version
    check(url, events=ROUNDS + 1, entries=1)


def test_of_writers_that_add_the_same_pair_one_wins(url: str) -> None:
    winners = set()
    for round_, accounts in enumerate(race(url, "pair", ROUNDS)):
        (winner,) = (reported for outcome, reported in accounts if outcome == "won")
        lost = [reported for outcome, reported in accounts if outcome == DuplicateEntry.__name__]
        assert lost == [{"ip_address": "10.0.0.1", "hostname": f"host{round_}"}] * (RACERS - 1)
        winners.add(winner)
    with hostsdb.connect(url, initialize=False) as storage:
        assert {entry.id for entry in storage.list_all()} == winners
    check(url, events=ROUNDS, entries=ROUNDS)


def test_writers_of_their_own_hosts_all_win(url: str) -> None:
    rounds = race(url, "own", ROUNDS)
    ids = {reported for accounts in rounds for _, reported in accounts}
    assert len(ids) == RACERS * ROUNDS
    check(url, events=3 * RACERS * ROUNDS, entries=RACERS * ROUNDS)


def test_writers_that_expect_no_version_all_win(url: str) -> None:
    with hostsdb.connect(url, initialize=False) as storage:
        storage.append_event("H", HostCreated("10.0.0.1", "h"))
    rounds = race(url, "blind", ROUNDS)
    assert {outcome for accounts in rounds for outcome, _ in accounts} == {"won"}
    check(url, events=1 + RACERS * ROUNDS, entries=1)


@pytest.mark.parametrize("engine", ["current_postgres_url", "current_duckdb_url", "current_sqlite_url"])
def test_threads_share_a_storage(request: pytest.FixtureRequest, engine: str) -> None:
    with hostsdb.connect(request.getfixturevalue(engine)) as storage:
        start, won = Barrier(RACERS), []

        def racer() -> None:
            start.wait(30)
            for number in range(ROUNDS):
                try:
                    won.append(storage.add_host(f"10.0.0.{number}", "h").id)
                except DuplicateEntry:
                    storage.list_all()

        threads = [Thread(target=racer) for _ in range(RACERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(won) == sorted(entry.id for entry in storage.list_all())
        assert len(won) == ROUNDS == len(storage.events_since(-1))
