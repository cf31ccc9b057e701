"""I1: no client and no form of a statement changes a stored event."""

from contextlib import closing

import pytest

from tests.schema.raw import ERRORS, Raw, Row, changed, created, refused, version

GUARD = "host_events_append_only"

CHANGES = [
    "UPDATE host_events SET comment = 'x'",
    "UPDATE host_events SET event_id = event_id",
    "UPDATE host_events SET position = position + 1",
    "UPDATE host_events SET hostname = 'x' WHERE aggregate_id = 'a'",
    "DELETE FROM host_events",
    "DELETE FROM host_events WHERE event_version = (SELECT max(event_version) FROM host_events)",
]
OF_NO_ROWS = ["UPDATE host_events SET comment = 'x' WHERE 1 = 0", "DELETE FROM host_events WHERE 1 = 0"]
TRUNCATES = ["TRUNCATE host_events", "TRUNCATE TABLE host_events"]
COLUMNS = "(event_id, aggregate_id, event_type, event_version, ip_address, hostname)"
AGAIN = f"VALUES ('a-1', 'b', 'HostCreated', '{version(1)}', '10.9.9.9', 'b')"
MERGE = (
    "MERGE INTO host_events AS e USING (SELECT 'a' AS id) AS s ON s.id = e.aggregate_id WHEN MATCHED THEN "
)


@pytest.fixture
def log(raw: Raw) -> list[Row]:
    """Two events of one host."""
    raw.insert_event(**created("a", comment="first"))
    raw.insert_event(**changed("a", "CommentUpdated", 2, comment="second"))
    return raw.rows("host_events")


def assert_unchanged(raw: Raw, log: list[Row]) -> None:
    assert raw.rows("host_events") == log
    raw.assert_consistent()


@pytest.mark.parametrize("statement", CHANGES)
def test_update_and_delete_are_refused(raw: Raw, log: list[Row], statement: str) -> None:
    with refused(raw, GUARD):
        raw.run(statement)
    assert_unchanged(raw, log)


def test_duckdb_names_its_guard(duckdb_raw: Raw) -> None:
    duckdb_raw.insert_event(**created("a"))
    for statement in ("UPDATE host_events SET comment = 'x'", "DELETE FROM host_events", *TRUNCATES):
        with refused(duckdb_raw, GUARD):
            duckdb_raw.run(statement)
    assert len(duckdb_raw.rows("host_events")) == 1


@pytest.mark.parametrize("statement", OF_NO_ROWS)
def test_a_change_of_no_rows_changes_nothing(raw: Raw, log: list[Row], statement: str) -> None:
    # SQLite's triggers fire per row; DuckDB's guard of a DELETE looks at the rows.
    if raw.dialect == "sqlite" or (raw.dialect == "duckdb" and statement.startswith("DELETE")):
        raw.run(statement)
    else:
        with refused(raw, GUARD):
            raw.run(statement)
    assert_unchanged(raw, log)


@pytest.mark.parametrize("statement", TRUNCATES)
def test_truncate_is_refused(raw: Raw, log: list[Row], statement: str) -> None:
    with refused(raw, GUARD if raw.dialect == "postgres" else ""):  # SQLite has no such word
        raw.run(statement)
    assert_unchanged(raw, log)


@pytest.mark.parametrize("action", ["UPDATE SET comment = 'x'", "DELETE"])
@pytest.mark.parametrize("condition", ["", "AND 1 = 0 "])
def test_merge_changes_nothing(raw: Raw, log: list[Row], action: str, condition: str) -> None:
    # DuckDB knows no MERGE on a table with triggers, SQLite none at all.
    with refused(raw, GUARD if raw.dialect == "postgres" else ""):
        raw.run(MERGE.replace("THEN", f"{condition}THEN") + action)
    assert_unchanged(raw, log)


@pytest.mark.parametrize("target", ["event_id", "aggregate_id, event_version"])
@pytest.mark.parametrize("key", ["a-1", "new"])
def test_on_conflict_do_update_is_refused(raw: Raw, log: list[Row], target: str, key: str) -> None:
    values = AGAIN.replace("'a-1', 'b'", f"'{key}', 'a'")
    with refused(raw):
        raw.run(
            f"INSERT INTO host_events {COLUMNS} {values} ON CONFLICT ({target}) DO UPDATE SET comment = 'x'"
        )
    assert_unchanged(raw, log)


@pytest.mark.parametrize("clause", ["INSERT OR REPLACE INTO", "INSERT OR IGNORE INTO"])
def test_or_replace_and_or_ignore_replace_nothing(raw: Raw, log: list[Row], clause: str) -> None:
    try:
        raw.run(f"{clause} host_events {COLUMNS} {AGAIN}")
    except ERRORS:
        assert raw.dialect in ("postgres", "sqlite") or "REPLACE" in clause
    assert_unchanged(raw, log)


@pytest.mark.parametrize("end", ["", "(event_id)"])
def test_on_conflict_do_nothing_adds_nothing(raw: Raw, log: list[Row], end: str) -> None:
    statement = f"INSERT INTO host_events {COLUMNS} {AGAIN} ON CONFLICT {end} DO NOTHING"
    if raw.dialect == "sqlite":  # the guard cannot see what the statement would do about the conflict
        with refused(raw, "host_events_pkey"):
            raw.run(statement)
    else:
        raw.run(statement)
    assert_unchanged(raw, log)


@pytest.mark.parametrize("foreign_keys", ["ON", "OFF"])
@pytest.mark.parametrize("recursive_triggers", ["ON", "OFF"])
@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("host_events_pkey", created("b") | {"event_id": "a-1"}),
        ("host_events_position_given", created("b") | {"position": 1}),
        ("host_events_position_given", created("b") | {"position": 2}),
        ("host_events_one_successor", created("a") | {"event_id": "new", "event_version": version(9)}),
        ("host_events_one_successor", changed("a", "CommentUpdated", 2, comment="x") | {"event_id": "new"}),
        ("idx_events_aggregate", changed("a", "CommentUpdated", 2, comment="x", expected_version="other")),
    ],
)
def test_sqlite_or_replace_meets_the_guard_under_every_pragma(
    sqlite: Raw, foreign_keys: str, recursive_triggers: str, constraint: str, columns: dict[str, object]
) -> None:
    sqlite.insert_event(**created("a"))
    sqlite.insert_event(**changed("a", "CommentUpdated", 2, comment="kept"))
    before = sqlite.rows("host_events")
    sqlite.run(f"PRAGMA foreign_keys = {foreign_keys}")
    sqlite.run(f"PRAGMA recursive_triggers = {recursive_triggers}")
    for clause in ("INSERT OR REPLACE INTO", "REPLACE INTO"):
        with refused(sqlite, constraint if constraint != "idx_events_aggregate" else ""):
            sqlite.insert_event(clause=clause, **columns)
    for statement in ("UPDATE OR REPLACE host_events SET event_id = 'a-1'", "DELETE FROM host_events"):
        with refused(sqlite, GUARD):
            sqlite.run(statement)
    assert_unchanged(sqlite, before)


def test_postgres_refuses_to_change_events_inside_other_statements(postgres: Raw) -> None:
    postgres.insert_event(**created("a"))
    for statement in (
        "WITH gone AS (DELETE FROM host_events RETURNING *) SELECT * FROM gone",
        "WITH new AS (UPDATE host_events SET comment = 'x' RETURNING *) SELECT * FROM new",
        "TRUNCATE host_entries, host_events CASCADE",
        "DO $$ BEGIN DELETE FROM host_events; END $$",
    ):
        with refused(postgres, "" if "TRUNCATE" in statement else GUARD):
            postgres.run(statement)
    assert len(postgres.rows("host_events")) == 1


def test_events_outlive_the_connection_that_wrote_them(raw: Raw, log: list[Row]) -> None:
    raw.close()
    with closing(Raw(raw.dialect, raw.location)) as again:
        assert_unchanged(again, log)
