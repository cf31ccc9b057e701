"""I5: a reader that has seen position p never later meets a new event at or below p."""

import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from tests.schema.raw import ERRORS, Raw, changed, created, refused

GIVEN = "host_events_position_given"


class Reader:
    """Follows the log as events_since does."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw
        self.connection = raw.connect()
        self.seen: list[tuple[int, str]] = []

    def read(self) -> list[str]:
        """Return the ids of the events that are new."""
        horizon = "AND position < log_horizon()" if self.raw.dialect == "postgres" else ""
        sql = f"SELECT position, event_id FROM host_events WHERE position > ? {horizon} ORDER BY position"
        after = self.seen[-1][0] if self.seen else -1
        new: Sequence[Any] = self.raw.run(sql, [after], on=self.connection)
        self.seen += new
        return [event_id for _, event_id in new]


@pytest.fixture
def reader(raw: Raw) -> Reader:
    """A reader of the database under test, who has seen nothing yet."""
    return Reader(raw)


def begin(raw: Raw, aggregate_id: str) -> Any:
    """Start a transaction that adds a host, and leave it open."""
    connection = raw.connect()
    raw.run("BEGIN", on=connection)
    raw.insert_event(on=connection, **created(aggregate_id))
    return connection


def test_postgres_commits_out_of_order_reach_the_reader_in_order(postgres: Raw) -> None:
    reader = Reader(postgres)
    slow, fast, lost = (begin(postgres, name) for name in ("slow", "fast", "lost"))
    postgres.run("COMMIT", on=fast)
    assert reader.read() == []
    postgres.insert_event(**created("later"))
    assert reader.read() == []
    postgres.insert_event(on=slow, **changed("slow", "CommentUpdated", 2, comment="x"))
    postgres.run("COMMIT", on=slow)
    assert reader.read() == ["slow-1", "slow-2", "fast-1"]
    postgres.run("ROLLBACK", on=lost)
    assert reader.read() == ["later-1"]
    assert reader.read() == []


def test_postgres_a_transaction_takes_its_place_when_it_first_writes(postgres: Raw) -> None:
    reader = Reader(postgres)
    early = postgres.connect()
    postgres.run("BEGIN", on=early)
    postgres.run("SELECT pg_current_xact_id()", on=early)  # another table's write, say
    postgres.insert_event(**created("b"))
    assert reader.read() == []
    postgres.insert_event(on=early, **created("a"))
    postgres.run("COMMIT", on=early)
    assert reader.read() == ["a-1", "b-1"]


def test_racing_writers_are_read_once_each_and_in_order(raw: Raw, reader: Reader) -> None:
    def write(writer: int) -> None:
        connection, chance = raw.connect(), random.Random(writer)
        for number in range(12):
            events = [f"w{writer}-{number}-{step}" for step in range(chance.randrange(1, 4))]
            try:
                raw.run("BEGIN", on=connection)
                for event in events:
                    raw.insert_event(on=connection, **created(event, event_id=event))
                    time.sleep(chance.random() / 200)
                raw.run(chance.choice(["COMMIT", "COMMIT", "ROLLBACK"]), on=connection)
            except ERRORS:  # DuckDB lets one of the overlapping ones commit
                if raw.dialect != "duckdb":
                    raise
                connection.rollback()
                time.sleep(chance.random() / 20)  # so that some do not overlap, on a busy machine too

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, number) for number in range(4)]
        while not all(writer.done() for writer in writers):
            reader.read()
            time.sleep(0.002)
        for writer in writers:
            writer.result()
    reader.read()
    assert reader.seen == raw.rows("host_events", "position, event_id")
    assert len(reader.seen) > 4
    raw.assert_consistent()


def test_positions_only_grow(raw: Raw) -> None:
    for number in range(10):
        raw.insert_event(**created(f"host{number}"))
    positions = raw.run("SELECT position FROM host_events ORDER BY aggregate_id")
    assert all(first < second for first, second in pairwise(positions))


@pytest.mark.parametrize("how", ["negative", "lower", "equal", "higher", "greatest"])
def test_a_position_of_the_writer_s_own_is_refused(raw: Raw, how: str) -> None:
    raw.insert_event(**created("a"))
    raw.insert_event(**created("b"))
    [(last,)] = raw.run("SELECT max(position) FROM host_events")
    far = 100 << 22 if raw.dialect == "postgres" else 100
    position = {"negative": -1, "lower": 0, "equal": last, "higher": last + far, "greatest": 2**63 - 1}[how]
    for _ in range(2):
        # Where the number is taken already, its UNIQUE constraint may speak first.
        with refused(raw, "" if how == "equal" or raw.dialect == "duckdb" else GIVEN):
            raw.insert_event(**created("mine", position=position))
    with refused(raw):
        raw.insert_events([created("x", position=position - 1), created("y", position=position)])
    raw.insert_event(**created("after"))  # and nobody is in its way
    assert raw.run("SELECT aggregate_id FROM host_events ORDER BY position DESC LIMIT 1") == [("after",)]
    raw.assert_consistent()


SET_BASE = "set_config('hostsdb.position_base', '{base}', {local})"


@pytest.mark.parametrize("base", ["0", "9000000000000000000", "", "x"])
@pytest.mark.parametrize("local", ["true", "false"])
def test_postgres_setting_the_base_by_hand_does_not_help(postgres: Raw, base: str, local: str) -> None:
    setting = SET_BASE.format(base=base, local=local)
    for number in range(2):
        postgres.run("BEGIN")
        postgres.run(f"SELECT {setting}")
        postgres.insert_event(**created(f"before{number}"))
        postgres.run(f"SELECT {setting}")
        postgres.insert_event(**created(f"again{number}"))
        postgres.run("COMMIT")
    values = "'e', 'within', 'HostCreated', '01J00000000000000000000001', '1', 'h'"
    columns = "event_id, aggregate_id, event_type, event_version, ip_address, hostname, created_by"
    try:
        postgres.run(f"INSERT INTO host_events ({columns}) SELECT {values}, {setting}")
    except psycopg.errors.InvalidTextRepresentation:
        pass  # '' and 'x' are no numbers
    except psycopg.errors.IntegrityConstraintViolation as error:
        assert error.diag.constraint_name == GIVEN
    postgres.insert_event(**created("after"))
    assert Reader(postgres).read()[:5] == ["before0-1", "again0-1", "before1-1", "again1-1", "after-1"]
    [(wrong,)] = postgres.run(
        "SELECT count(*) FROM host_events WHERE position >= log_horizon() OR position < 4194304"
    )
    assert wrong == 0


@pytest.mark.parametrize("same_instance", ["connect", "cursor"])
def test_duckdb_of_overlapping_writers_one_fails(duckdb_raw: Raw, same_instance: str) -> None:
    other = duckdb_raw.connect() if same_instance == "connect" else duckdb_raw.first.cursor()
    duckdb_raw.run("BEGIN")
    duckdb_raw.run("BEGIN", on=other)
    duckdb_raw.insert_event(**created("a"))
    with refused(duckdb_raw):
        duckdb_raw.insert_event(on=other, **created("b"))
        duckdb_raw.run("COMMIT", on=other)
    other.close()
    duckdb_raw.run("COMMIT")
    duckdb_raw.insert_event(**created("c"))
    assert Reader(duckdb_raw).read() == ["a-1", "c-1"]
    duckdb_raw.assert_consistent()
