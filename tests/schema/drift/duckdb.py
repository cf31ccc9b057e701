"""Drift on DuckDB: its kind, the statements that make it, the beginnings of the lines that check prints."""

VIEW = "CREATE VIEW host_entries_history AS SELECT event_id, upper(hostname) AS hostname FROM host_events"
NO_DELETE = "CREATE TRIGGER host_events_no_delete AFTER DELETE ON host_events FOR EACH STATEMENT"

DRIFT = [
    ("table dropped", "DROP TABLE consumers", ["table consumers is missing"]),
    ("table renamed", "ALTER TABLE consumers RENAME TO other", ["table consumers is missing"]),
    (
        "table replaced by a view",
        "DROP TABLE consumers; CREATE VIEW consumers AS SELECT 'a' AS name, 1 AS position",
        ["table consumers is missing"],
    ),
    (
        "table without its constraints",
        "CREATE OR REPLACE TABLE consumers AS FROM consumers",
        ["constraint consumers.PRIMARY KEY(name) is missing", "column consumers.name has"],
    ),
    (
        "column added",
        "ALTER TABLE snapshots ADD COLUMN extra TEXT",
        ["column snapshots.extra is in no migration"],
    ),
    (
        "column dropped",
        "DROP INDEX idx_snapshots_created; ALTER TABLE snapshots DROP COLUMN event_log_position",
        [
            "column snapshots.event_log_position is missing",
            "index snapshots.idx_snapshots_created is missing",
        ],
    ),
    (
        "column renamed",
        "ALTER TABLE consumers RENAME updated_at TO changed_at",
        ["column consumers.updated_at is missing", "column consumers.changed_at is in no migration"],
    ),
    (
        "column type",
        "DROP INDEX idx_snapshots_created; ALTER TABLE snapshots ALTER event_log_position TYPE INTEGER",
        ["column snapshots.event_log_position has", "index snapshots.idx_snapshots_created is missing"],
    ),
    (
        "NOT NULL dropped",
        "ALTER TABLE consumers ALTER updated_at DROP NOT NULL",
        ["column consumers.updated_at has"],
    ),
    (
        "NOT NULL added",
        "DROP INDEX idx_snapshots_created; ALTER TABLE snapshots ALTER event_log_position SET NOT NULL",
        ["column snapshots.event_log_position has", "index snapshots.idx_snapshots_created is missing"],
    ),
    (
        "default added",
        "ALTER TABLE snapshots ALTER name SET DEFAULT 'x'",
        ["column snapshots.name has `VARCHAR DEFAULT 'x'`, expected"],
    ),
    (
        "default dropped",
        "ALTER TABLE consumers ALTER updated_at DROP DEFAULT",
        ["column consumers.updated_at has"],
    ),
    (
        "default changed",
        "ALTER TABLE consumers ALTER updated_at SET DEFAULT '2000-01-01'",
        ["column consumers.updated_at has"],
    ),
    ("index dropped", "DROP INDEX idx_events_time", ["index host_events.idx_events_time is missing"]),
    (
        "unique index dropped",
        "DROP INDEX host_events_one_successor",
        ["index host_events.host_events_one_successor is missing"],
    ),
    (
        "index on another column",
        "DROP INDEX idx_events_time; CREATE INDEX idx_events_time ON host_events (event_timestamp)",
        ["index host_events.idx_events_time has"],
    ),
    (
        "index no longer unique",
        "DROP INDEX host_events_one_successor; CREATE INDEX host_events_one_successor ON host_events (event_id)",
        ["index host_events.host_events_one_successor"],
    ),
    (
        "unique index added",
        "CREATE UNIQUE INDEX mine ON snapshots (name)",
        ["index snapshots.mine is in no migration"],
    ),
    (
        "unique index of an expression",
        "CREATE UNIQUE INDEX mine ON host_entries ((lower(hostname)))",
        ["index host_entries.mine is in no migration"],
    ),
    (
        "trigger dropped",
        "DROP TRIGGER log_head_no_delete ON log_head",
        ["trigger log_head.log_head_no_delete is missing"],
    ),
    (
        "trigger's body",
        f"DROP TRIGGER host_events_no_delete ON host_events; {NO_DELETE} INSERT INTO refusals SELECT 'x' WHERE false",
        ["trigger host_events.host_events_no_delete differs"],
    ),
    (
        "trigger on another event",
        "DROP TRIGGER host_events_no_delete ON host_events; CREATE TRIGGER host_events_no_delete AFTER INSERT ON "
        "host_events FOR EACH STATEMENT INSERT INTO refusals SELECT 'x' WHERE false",
        ["trigger host_events.host_events_no_delete differs"],
    ),
    (
        "foreign trigger",
        "CREATE TRIGGER mine AFTER INSERT ON host_events FOR EACH STATEMENT UPDATE snapshots SET name = 'x'",
        ["trigger host_events.mine is in no migration"],
    ),
    (
        "foreign trigger of another table of ours",
        "CREATE TRIGGER mine AFTER INSERT ON consumers FOR EACH STATEMENT UPDATE snapshots SET name = 'x'",
        ["trigger consumers.mine is in no migration"],
    ),
    ("view dropped", "DROP VIEW host_entries_history", ["view host_entries_history is missing"]),
    ("view changed", f"DROP VIEW host_entries_history; {VIEW}", ["view host_entries_history differs"]),
    (
        "view replaced by a table",
        "DROP VIEW host_entries_history; CREATE TABLE host_entries_history (event_id TEXT)",
        ["view host_entries_history is missing"],
    ),
    (
        "macro changed",
        "CREATE OR REPLACE MACRO host_entries_at(moment) AS TABLE SELECT * FROM host_entries",
        ["macro host_entries_at(moment) differs"],
    ),
    ("macro dropped", "DROP MACRO TABLE host_entries_at", ["macro host_entries_at(moment) is missing"]),
    (
        "macro with other parameters",
        "CREATE OR REPLACE MACRO host_entries_at(a, b) AS TABLE SELECT * FROM host_entries",
        ["macro host_entries_at(moment) is missing", "macro host_entries_at(a, b) is in no migration"],
    ),
    (
        "macro that hides a function",
        "CREATE MACRO error(message) AS NULL",
        ["macro schema.error is in no migration"],
    ),
    (
        "table macro that hides a function",
        "CREATE MACRO range(a) AS TABLE SELECT 1 AS one",
        ["macro schema.range is in no migration"],
    ),
    (
        "singleton row missing",
        "DROP TRIGGER log_head_no_delete ON log_head; DELETE FROM log_head",
        ["rows log_head.count has `0`, expected `1`", "trigger log_head.log_head_no_delete is missing"],
    ),
    (
        "two singleton rows",
        "DROP TRIGGER log_head_no_insert ON log_head; INSERT INTO log_head (position) VALUES (1)",
        ["rows log_head.count has `2`, expected `1`", "trigger log_head.log_head_no_insert is missing"],
    ),
    (
        "migration applied from another file",
        "UPDATE _yoyo_log SET comment = 'sha256:00' WHERE migration_id = '0002_positions'",
        ["migration 0002_positions was applied from a file with another content"],
    ),
]

NO_DRIFT = {
    "statistics": "ANALYZE",
    "VACUUM": "VACUUM",
    "CHECKPOINT": "CHECKPOINT",
    "plain index": "CREATE INDEX mine ON host_events (comment)",
    "index of an expression": "CREATE INDEX mine ON host_entries ((lower(hostname)))",
    "comments": "COMMENT ON TABLE host_events IS 'x'; COMMENT ON COLUMN host_events.tags IS 'x';"
    "COMMENT ON VIEW host_entries_current IS 'x'; COMMENT ON MACRO TABLE host_entries_at IS 'x'",
    "comment on an index": "COMMENT ON INDEX idx_events_time IS 'x'",
    "number of the sequence": "SELECT nextval('host_events_number')",
    "objects of another application": "CREATE TABLE mine (a TEXT PRIMARY KEY, b TEXT UNIQUE); "
    "CREATE UNIQUE INDEX theirs ON mine (b); CREATE TABLE theirs (a INTEGER); CREATE MACRO mine(a) AS a + 1;"
    "CREATE VIEW my_view AS SELECT hostname FROM host_entries;"
    "CREATE TRIGGER mine AFTER INSERT ON mine FOR EACH STATEMENT INSERT INTO theirs SELECT 1",
    "another schema": "CREATE SCHEMA other; CREATE TABLE other.host_events (a INTEGER);"
    "CREATE MACRO other.error(a) AS a",
    "type": "CREATE TYPE mood AS ENUM ('good', 'bad')",
}
