"""`check` reports each object that differs."""

import pytest

from tests.schema.commands import check, execute, initialize

VIEW = "CREATE VIEW host_entries_history AS SELECT event_id, upper(hostname) AS hostname FROM host_events"

# A change of the schema, and the beginnings of the lines that check prints.
DRIFT = {
    "postgres": [
        ("DROP INDEX idx_events_time", ["index idx_events_time is missing"]),
        (
            "DROP TRIGGER host_entries_guard ON host_entries",
            ["trigger host_entries.host_entries_guard is missing"],
        ),
        (
            "ALTER TABLE host_events DISABLE TRIGGER host_events_append_only",
            ["trigger host_events.host_events_append_only differs: has `DISABLED`, expected nothing"],
        ),
        (
            f"DROP VIEW host_entries_history; {VIEW}",
            ["view host_entries_history differs: has `upper(hostname)"],
        ),
        ("DROP VIEW host_entries_history", ["view host_entries_history is missing"]),
        ("ALTER TABLE snapshots ADD extra text", ["column snapshots.extra is in no migration"]),
        (
            "ALTER TABLE snapshots ALTER entry_count TYPE integer",
            ["column snapshots.entry_count has `integer NOT NULL`, expected `bigint NOT NULL`"],
        ),
        (
            'ALTER TABLE snapshots ALTER name TYPE text COLLATE "default"',
            ['column snapshots.name has `text COLLATE "default"`, expected `text COLLATE "C"`'],
        ),
        ("ALTER TABLE snapshots ALTER name SET NOT NULL", ["column snapshots.name has"]),
        ("ALTER TABLE host_events ALTER position DROP DEFAULT", ["column host_events.position differs"]),
        (
            "ALTER TABLE host_events DROP CONSTRAINT host_events_version_grows",
            ["constraint host_events.host_events_version_grows is missing"],
        ),
        (
            "ALTER TABLE snapshots ADD CONSTRAINT at_most CHECK (entry_count < 9)",
            ["constraint snapshots.at_most is in no migration"],
        ),
        (
            "CREATE OR REPLACE FUNCTION host_entries_guard() RETURNS trigger LANGUAGE plpgsql "
            "AS $$BEGIN RETURN NULL; END$$",
            ["function host_entries_guard() differs"],
        ),
        (
            "ALTER FUNCTION host_events_before_insert() SECURITY INVOKER",
            ["function host_events_before_insert() differs: has nothing, expected `SECURITY"],
        ),
        (
            "ALTER FUNCTION host_events_before_insert() RESET search_path",
            ["function host_events_before_insert() differs"],
        ),
        ("ALTER SEQUENCE host_events_number NO CYCLE", ["sequence host_events_number has"]),
        ("ALTER TABLE snapshots SET UNLOGGED", ["table snapshots has `unlogged`, expected `logged`"]),
        ("DROP TABLE snapshots", ["table snapshots is missing", "index idx_snapshots_created is missing"]),
    ],
    "duckdb": [
        ("DROP INDEX idx_events_time", ["index idx_events_time is missing"]),
        ("DROP TRIGGER log_head_no_delete ON log_head", ["trigger log_head.log_head_no_delete is missing"]),
        (f"DROP VIEW host_entries_history; {VIEW}", ["view host_entries_history differs"]),
        ("DROP VIEW host_entries_history", ["view host_entries_history is missing"]),
        ("ALTER TABLE snapshots ADD COLUMN extra TEXT", ["column snapshots.extra is in no migration"]),
        (
            "ALTER TABLE snapshots ALTER name SET DEFAULT 'x'",
            ["column snapshots.name has `VARCHAR DEFAULT 'x'`, expected"],
        ),
        (
            "CREATE OR REPLACE MACRO host_entries_at(moment) AS TABLE SELECT * FROM host_entries",
            ["macro host_entries_at(moment) differs"],
        ),
        ("DROP TABLE snapshots", ["table snapshots is missing", "index idx_snapshots_created is missing"]),
    ],
    "sqlite": [
        ("DROP INDEX idx_events_time", ["index idx_events_time is missing"]),
        ("DROP TRIGGER host_events_no_delete", ["trigger host_events.host_events_no_delete is missing"]),
        (f"DROP VIEW host_entries_history; {VIEW}", ["view host_entries_history differs"]),
        ("DROP VIEW host_entries_history", ["view host_entries_history is missing"]),
        (
            "ALTER TABLE snapshots ADD COLUMN extra TEXT",
            ["table snapshots differs: has `extra TEXT,`, expected nothing"],
        ),
        (
            "ALTER TABLE snapshots DROP COLUMN name",
            ["table snapshots differs: has nothing, expected `name TEXT,`"],
        ),
        (
            "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, 'entry_count >= 0', "
            "'entry_count >= 9') WHERE name = 'snapshots'",
            ["table snapshots differs: has `9)`, expected `0)`"],
        ),
        (
            "DROP TABLE snapshots; CREATE TABLE snapshots (snapshot_id TEXT NOT NULL COLLATE NOCASE)",
            ["table snapshots differs: has", "index idx_snapshots_created is missing"],
        ),
        ("DROP TABLE snapshots", ["table snapshots is missing", "index idx_snapshots_created is missing"]),
    ],
}


@pytest.mark.parametrize(
    "dialect,change,expected",
    [(dialect, *change) for dialect, changes in DRIFT.items() for change in changes],
    ids=lambda value: value[:60] if isinstance(value, str) else "",
)
def test_drift(request: pytest.FixtureRequest, dialect: str, change: str, expected: list[str]) -> None:
    url = request.getfixturevalue(f"{dialect}_url")
    initialize(url)
    execute(url, change)
    found = check(url, 4)
    assert found["state"] == "drift"
    for beginning in expected:
        assert any(difference.startswith(beginning) for difference in found["differences"]), found
    if len(expected) == 1:
        assert len(found["differences"]) == 1, found
