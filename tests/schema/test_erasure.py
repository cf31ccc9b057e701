"""The one exception of I1: the events of a deleted host can be erased, as a whole, and are recorded before."""

import pytest

from tests.schema.raw import Raw, changed, created, deleted, refused
from tests.support.erasing import DELETE, ERASE, LEAF, RECORD, erase, events

GUARD = "host_events_append_only"


@pytest.fixture
def log(raw: Raw) -> Raw:
    """A live host b, and a deleted one with three events, the last ones of the log."""
    raw.insert_event(**created("b", ip="10.0.0.2"))
    raw.insert_event(**created("a"))
    raw.insert_event(**changed("a", "CommentUpdated", 2, comment="x"))
    raw.insert_event(**deleted("a", 3))
    return raw


def test_a_deleted_host_is_erased_as_a_whole(log: Raw) -> None:
    gone = events(log)
    erase(log, "a")
    assert events(log) == []
    assert log.rows("erased_events", "position, event_id, leaf") == [(*event, LEAF) for event in gone]
    assert [id for (id,) in log.run("SELECT id FROM host_entries")] == ["b"]
    log.assert_consistent()


def test_nothing_is_deleted_without_its_record(log: Raw) -> None:
    with refused(log, GUARD):
        log.run(DELETE, ["a"])
    log.run(ERASE, ["a"])
    with refused(log, GUARD):
        log.run(DELETE, ["a"])
    for position, event_id in events(log)[:2]:
        log.run(RECORD, [position, event_id, LEAF])
    with refused(log, GUARD):
        log.run(DELETE, ["a"])
    with refused(log, GUARD):
        log.run("DELETE FROM host_events")
    assert len(events(log)) == 3
    log.assert_consistent()


def test_a_part_of_a_host_is_not_erased(log: Raw) -> None:
    """SQLite checks each row: there the last event stays while others are stored, so the host is never live again.

    On PostgreSQL an event with a successor is kept by the foreign key.
    """
    log.run(ERASE, ["a"])
    for position, event_id in events(log):
        log.run(RECORD, [position, event_id, LEAF])
    parts = {"HostDeleted": GUARD}
    if log.dialect != "sqlite":
        parts["HostCreated"] = GUARD if log.dialect == "duckdb" else "host_events_predecessor"
    for part, constraint in parts.items():
        with refused(log, constraint):
            log.run("DELETE FROM host_events WHERE aggregate_id = 'a' AND event_type = ?", [part])
    with refused(log, GUARD):
        log.run("UPDATE host_events SET comment = NULL WHERE aggregate_id = 'a'")
    assert len(events(log)) == 3
    log.assert_consistent()


@pytest.mark.parametrize("host", ["b", "unknown"])
def test_only_a_deleted_host_can_be_erased(log: Raw, host: str) -> None:
    with refused(log, "erasures_guard"):
        log.run(ERASE, [host])
    assert log.rows("erasures") == []


@pytest.mark.parametrize(
    ("position", "event_id", "leaf", "constraint"),
    [
        (0, "b-1", LEAF, "erased_events_guard"),
        (0, "a-2", LEAF, "erased_events_guard"),
        (1, "a-1", LEAF, "erased_events_guard"),
        (0, "unknown", LEAF, "erased_events_guard"),
        (0, "a-1", LEAF.upper(), "erased_events_leaf"),
        (0, "a-1", LEAF[1:], "erased_events_leaf"),
        (0, "a-1", LEAF + "0", "erased_events_leaf"),
        (0, "a-1", "g" * 64, "erased_events_leaf"),
        (0, "a-1", "", "erased_events_leaf"),
    ],
)
def test_an_erased_event_is_one_that_is_stored(
    log: Raw, position: int, event_id: str, leaf: str, constraint: str
) -> None:
    """`position` counts from that of the event a-1, or of b-1 for its own id."""
    first = events(log, event_id[0] if event_id == "b-1" else "a")[0][0]
    log.run(ERASE, ["a"])
    with refused(log, constraint):
        log.run(RECORD, [first + position, event_id, leaf])
    assert log.rows("erased_events") == []


def test_an_event_is_recorded_only_for_an_erased_host(log: Raw) -> None:
    position, event_id = events(log)[0]
    with refused(log, "erased_events_guard"):
        log.run(RECORD, [position, event_id, LEAF])


@pytest.mark.parametrize("table", ["erasures", "erased_events"])
def test_the_records_of_an_erasure_are_append_only(log: Raw, table: str) -> None:
    erase(log, "a")
    before = log.rows(table)
    column = "reason" if table == "erasures" else "leaf"
    statements = [f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"]
    if log.dialect == "postgres":
        statements.append(f"TRUNCATE {table}")
    for statement in statements:
        with refused(log, f"{table}_guard"):
            log.run(statement)
    assert log.rows(table) == before


@pytest.mark.parametrize("clause", ["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE"])
def test_the_record_of_an_erasure_is_not_replaced(log: Raw, clause: str) -> None:
    erase(log, "a")
    if "OR" in clause and log.dialect == "postgres":
        pytest.skip("PostgreSQL has no such clause")
    for table, columns in (
        ("erasures", "aggregate_id, reason"),
        ("erased_events", "position, event_id, leaf"),
    ):
        before = log.rows(table)
        first = before[0][0]
        values = [first, "other"] if table == "erasures" else [first, "a-2", LEAF[::-1]]
        with refused(log):
            marks = ", ".join("?" * len(values))
            log.run(
                clause.replace("INSERT", "INSERT", 1) + f" INTO {table} ({columns}) VALUES ({marks})", values
            )
        assert log.rows(table) == before


def test_no_event_is_added_to_an_erased_host(log: Raw) -> None:
    erase(log, "a")
    for columns in (
        created("a", 1, "10.0.0.9"),
        created("a", 9, "10.0.0.9"),
        created("c", 9, "10.0.0.9") | {"event_id": "a-2"},
    ):
        with refused(log, "host_events_erased"):
            log.insert_event(**columns)
    assert events(log) == []
    log.assert_consistent()


@pytest.mark.parametrize("hosts", [["a"], ["a", "b"]])
def test_the_positions_of_erased_events_are_not_used_again(log: Raw, hosts: list[str]) -> None:
    """The end of the log is erased, and then everything."""
    log.insert_event(**deleted("b", 2, "10.0.0.2"))
    log.insert_event(**created("d", ip="10.0.0.4"))
    log.insert_event(**deleted("d", 2, "10.0.0.4"))
    for host in [*hosts, "d"]:
        erase(log, host)
    log.insert_event(**created("new", ip="10.0.0.5"))
    log.insert_event(**created("newer", ip="10.0.0.6"))
    (first,), (second,) = log.run(
        "SELECT position FROM host_events WHERE aggregate_id LIKE 'new%' ORDER BY position"
    )
    assert log.run("SELECT max(position) FROM erased_events")[0][0] < first < second
    log.assert_consistent()
