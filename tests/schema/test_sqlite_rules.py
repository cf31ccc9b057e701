"""What only SQLite needs: temporary triggers, sqlite_sequence, the guards that a copy suspends, and its clauses."""

from pathlib import Path

import pytest

from hostsdb import connect
from tests.schema.raw import Raw, changed, created, deleted, refused
from tests.schema.test_version_time import DAY, now, ulid
from tests.support.erasing import ERASE, LEAF, RECORD, erase, events

SQL = Path(__file__).parents[2] / "sql" / "sqlite"
SUSPEND, RESUME = ((SQL / f"{name}_copy_guards.sql").read_text("utf-8") for name in ("suspend", "resume"))
GUARD = "host_events_version_time_and_replica"
IGNORE = "CREATE TEMP TRIGGER shadow {when} ON main.{table} BEGIN SELECT raise(IGNORE); END"


@pytest.mark.parametrize(
    ("when", "event"),
    [
        ("BEFORE INSERT", created("b", ip="10.0.0.2")),
        ("BEFORE UPDATE", changed("a", "CommentUpdated", 2, comment="x")),
        ("BEFORE DELETE", deleted("a", 2)),
    ],
)
def test_a_temporary_trigger_cannot_keep_an_entry_from_its_event(
    sqlite: Raw, when: str, event: dict[str, str]
) -> None:
    sqlite.insert_event(**created("a"))
    sqlite.run(IGNORE.format(when=when, table="host_entries"))
    with refused(sqlite, "host_entries_guard"):
        sqlite.insert_event(**event)
    assert len(sqlite.rows("host_events")) == 1
    sqlite.assert_consistent()


def test_a_temporary_trigger_before_an_event_keeps_all_of_it_out(sqlite: Raw) -> None:
    sqlite.run(IGNORE.format(when="BEFORE INSERT", table="host_events"))
    sqlite.insert_event(**created("a"))
    assert sqlite.rows("host_events") == []
    sqlite.assert_consistent()


def test_verify_reports_what_a_temporary_trigger_after_an_event_has_left(sqlite: Raw) -> None:
    """SQLite has no way for our triggers to run after another connection's own."""
    sqlite.run(IGNORE.format(when="AFTER INSERT", table="host_events"))
    sqlite.insert_event(**created("a"))
    with connect(f"sqlite:///{sqlite.location}", initialize=False) as storage:
        assert storage.list_all() == []
    assert len(sqlite.run((SQL / "verify_entries.sql").read_text("utf-8"), {"limit": 10})) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("position", [0, 1, 2, 3, 5, 2**62, -1, -5])
def test_a_position_of_a_client_is_refused(sqlite: Raw, position: int) -> None:
    sqlite.insert_event(**created("a"))
    for clause in ("INSERT INTO", "INSERT OR REPLACE INTO", "INSERT OR IGNORE INTO"):
        with refused(sqlite, "host_events_position_given"):
            sqlite.insert_event(clause=clause, **created("b", ip="10.0.0.2"), position=position)
    assert [row[0] for row in sqlite.run("SELECT position FROM host_events")] == [1]


@pytest.mark.parametrize("change", ["DELETE FROM sqlite_sequence", "UPDATE sqlite_sequence SET seq = -9"])
def test_a_changed_sequence_uses_no_position_again(sqlite: Raw, change: str) -> None:
    for event in (created("a"), deleted("a", 2)):
        sqlite.insert_event(**event)
    sqlite.run(change)
    sqlite.insert_event(**created("b", ip="10.0.0.2"))
    sqlite.insert_event(**deleted("b", 2, "10.0.0.2"))
    erase(sqlite, "b")
    sqlite.run(change)
    with refused(sqlite, "host_events_position_given"):  # 3 was erased
        sqlite.insert_event(**created("c", ip="10.0.0.3"))
    sqlite.run("DELETE FROM sqlite_sequence")
    sqlite.run("INSERT INTO sqlite_sequence VALUES ('host_events', 90)")
    sqlite.insert_event(**created("c", ip="10.0.0.3"))
    assert sqlite.run("SELECT max(position) FROM host_events") == [(91,)]
    sqlite.assert_consistent()


@pytest.mark.parametrize("order", ["aggregate_id = 'a'", "position > 0", "aggregate_id IN ('a', 'b')"])
def test_a_host_is_erased_whole_in_whatever_order_its_events_are_found(sqlite: Raw, order: str) -> None:
    for event in (created("a"), changed("a", "CommentUpdated", 2, comment="x"), deleted("a", 3)):
        sqlite.insert_event(**event)
    sqlite.run(ERASE, ["a"])
    for position, event_id in events(sqlite):
        sqlite.run(RECORD, [position, event_id, LEAF])
    sqlite.run(f"DELETE FROM host_events WHERE {order}")
    assert sqlite.rows("host_events") == []


def test_a_copy_adds_events_as_they_are(sqlite: Raw) -> None:
    ahead = now() + 400 * DAY
    sqlite.run("INSERT INTO replica_of (origin) VALUES ('origin')")
    sqlite.run("BEGIN IMMEDIATE")
    sqlite.run(SUSPEND)
    sqlite.insert_event(**created("h") | {"event_version": ulid(ahead)})
    sqlite.run("INSERT INTO erasures (aggregate_id, reason) VALUES ('elsewhere', 'asked for')")
    sqlite.run(RECORD, [2, "elsewhere-1", LEAF])
    sqlite.insert_event(**created("i", ip="10.0.0.2"))
    sqlite.run(RESUME)
    sqlite.run("COMMIT")
    assert sqlite.run("SELECT position FROM host_events ORDER BY 1") == [(1,), (3,)]
    with refused(sqlite, "host_events_replica"):
        sqlite.insert_event(**created("j", ip="10.0.0.3"))
    sqlite.run("DELETE FROM replica_of")
    with refused(sqlite, "erased_events_guard"):
        sqlite.run(RECORD, [9, "elsewhere-2", LEAF])
    # After a clock that was ahead a host can still be changed, by a version that is one millisecond later.
    later = {"expected_version": ulid(ahead), "event_version": ulid(ahead + 2)}
    with refused(sqlite, "host_events_version_time"):
        sqlite.insert_event(**changed("h", "CommentUpdated", 2, comment="x") | later)
    later["event_version"] = ulid(ahead + 1)
    sqlite.insert_event(**changed("h", "CommentUpdated", 2, comment="x") | later)
    sqlite.assert_consistent()


def test_the_guard_that_a_copy_creates_again_is_that_of_the_migration(sqlite: Raw) -> None:
    select = f"SELECT sql FROM sqlite_master WHERE name = '{GUARD}'"
    before = sqlite.run(select)
    for statement in ("BEGIN", SUSPEND, RESUME, "COMMIT"):
        sqlite.run(statement)
    assert sqlite.run(select) == before != []


@pytest.mark.parametrize("clause", ["INSERT OR REPLACE INTO", "INSERT OR IGNORE INTO", "INSERT OR FAIL INTO"])
@pytest.mark.parametrize(
    "columns",
    [{"tags": "[1]"}, {"comment": "x" * 65_537}, {"event_version": "7" + "Z" * 25}, {"priority": 2**31}],
)
def test_no_clause_stores_what_a_rule_refuses(sqlite: Raw, clause: str, columns: dict[str, object]) -> None:
    try:
        sqlite.insert_event(clause=clause, **created("a") | columns)
    except Exception as error:
        assert "host_events_" in str(error)
    assert sqlite.rows("host_events") == sqlite.rows("host_entries") == []
