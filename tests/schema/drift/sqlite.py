"""Drift on SQLite: its kind, the statements that make it, the beginnings of the lines that check prints."""

VIEW = "CREATE VIEW host_entries_history AS SELECT event_id, upper(hostname) AS hostname FROM host_events"
NO_DELETE = "DROP TRIGGER host_events_no_delete; CREATE TRIGGER host_events_no_delete"


def rewritten(name: str, text: str, other: str) -> str:
    """Return the statements that edit the text of an object in the way that SQLite's manual describes."""
    return (
        f"PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, '{text}', '{other}') "
        f"WHERE name = '{name}'; PRAGMA writable_schema = RESET"
    )


DRIFT = [
    ("table dropped", "DROP TABLE consumers", ["table consumers is missing"]),
    ("table renamed", "ALTER TABLE consumers RENAME TO other", ["table consumers is missing"]),
    (
        "table replaced by a view",
        "DROP TABLE consumers; CREATE VIEW consumers AS SELECT 'a' AS name, 1 AS position",
        ["table consumers is missing"],
    ),
    (
        "table replaced by another",
        "DROP TABLE consumers; CREATE TABLE consumers (name TEXT PRIMARY KEY COLLATE NOCASE)",
        [
            "table consumers differs",
            "trigger consumers.consumers_text_insert is missing",
            "trigger consumers.consumers_text_update is missing",
        ],
    ),
    (
        "column added",
        "ALTER TABLE snapshots ADD COLUMN extra TEXT",
        ["table snapshots differs: has `extra TEXT,`, expected nothing"],
    ),
    (
        "generated column",
        "ALTER TABLE snapshots ADD COLUMN extra TEXT AS (name)",
        ["table snapshots differs: has `extra TEXT AS"],
    ),
    (
        "column with a foreign key",
        "ALTER TABLE snapshots ADD COLUMN extra INTEGER REFERENCES host_events (position)",
        ["table snapshots differs: has `extra"],
    ),
    (
        "column dropped",
        "ALTER TABLE snapshots DROP COLUMN event_log_position",
        ["table snapshots differs: has nothing, expected `event_log_position INTEGER,`"],
    ),
    (
        "column renamed",
        "ALTER TABLE consumers RENAME COLUMN updated_at TO changed_at",
        ["table consumers differs: has `changed_at`, expected `updated_at`"],
    ),
    (
        "column type",
        rewritten("snapshots", "entry_count INTEGER", "entry_count ANY"),
        ["table snapshots differs"],
    ),
    (
        "NOT NULL",
        rewritten("snapshots", "hosts_content TEXT NOT NULL", "hosts_content TEXT"),
        ["table snapshots"],
    ),
    (
        "collation",
        rewritten("consumers", "name TEXT", "name TEXT COLLATE NOCASE"),
        ["table consumers differs"],
    ),
    ("default", rewritten("host_events", "DEFAULT ''{}''", "DEFAULT ''[]''"), ["table host_events differs"]),
    (
        "CHECK",
        rewritten("snapshots", "entry_count >= 0", "entry_count >= 9"),
        ["table snapshots differs: has `9)"],
    ),
    (
        "CHECK without its name",
        rewritten("consumers", "CONSTRAINT consumers_not_empty", ""),
        ["table consumers differs"],
    ),
    (
        "not STRICT",
        rewritten("consumers", "STRICT", ""),
        ["table consumers differs: has nothing, expected `STRICT`"],
    ),
    (
        "position not the primary key",
        rewritten("host_events", "position INTEGER PRIMARY KEY AUTOINCREMENT", "position INTEGER"),
        ["table host_events differs"],
    ),
    ("index dropped", "DROP INDEX idx_events_time", ["index host_events.idx_events_time is missing"]),
    (
        "unique index dropped",
        "DROP INDEX host_events_pkey",
        ["index host_events.host_events_pkey is missing"],
    ),
    (
        "index on another column",
        "DROP INDEX idx_events_time; CREATE INDEX idx_events_time ON host_events (event_timestamp)",
        ["index host_events.idx_events_time has"],
    ),
    (
        "index no longer unique",
        "DROP INDEX host_events_pkey; CREATE INDEX host_events_pkey ON host_events (event_id)",
        ["index host_events.host_events_pkey has"],
    ),
    (
        "index made partial",
        "DROP INDEX host_events_pkey; CREATE UNIQUE INDEX host_events_pkey ON host_events (event_id) WHERE tags = ''",
        ["index host_events.host_events_pkey has"],
    ),
    (
        "unique index added",
        "create unique  index mine on SNAPSHOTS (name)",
        ["index snapshots.mine is in no migration"],
    ),
    (
        "unique index of an expression",
        "CREATE UNIQUE INDEX mine ON host_entries (lower(hostname)) WHERE comment IS NULL",
        ["index host_entries.mine is in no migration"],
    ),
    (
        "trigger dropped",
        "DROP TRIGGER host_events_no_delete",
        ["trigger host_events.host_events_no_delete is missing"],
    ),
    (
        "trigger's body",
        f"{NO_DELETE} BEFORE DELETE ON host_events BEGIN SELECT 1; END",
        ["trigger host_events.host_events_no_delete differs"],
    ),
    (
        "trigger's condition",
        f"{NO_DELETE} BEFORE DELETE ON host_events WHEN 0 BEGIN SELECT raise(ABORT, 'x'); END",
        ["trigger host_events.host_events_no_delete differs"],
    ),
    (
        "trigger's time",
        f"{NO_DELETE} AFTER DELETE ON host_events BEGIN SELECT raise(ABORT, 'x'); END",
        ["trigger host_events.host_events_no_delete differs"],
    ),
    (
        "foreign trigger",
        "CREATE TRIGGER mine AFTER INSERT ON host_events BEGIN UPDATE snapshots SET name = 'x'; END",
        ["trigger host_events.mine is in no migration"],
    ),
    (
        "foreign trigger, other case",
        "CREATE TRIGGER mine BEFORE INSERT ON Host_Entries BEGIN SELECT raise(IGNORE); END",
        ["trigger host_entries.mine is in no migration"],
    ),
    (
        "foreign trigger of a view",
        "CREATE TRIGGER mine INSTEAD OF DELETE ON host_entries_current BEGIN SELECT 1; END",
        ["trigger host_entries_current.mine is in no migration"],
    ),
    ("view dropped", "DROP VIEW host_entries_history", ["view host_entries_history is missing"]),
    ("view changed", f"DROP VIEW host_entries_history; {VIEW}", ["view host_entries_history differs"]),
    (
        "view replaced by a table",
        "DROP VIEW host_entries_history; CREATE TABLE host_entries_history (event_id TEXT)",
        ["view host_entries_history is missing"],
    ),
    (
        "text of a trigger edited",
        rewritten("host_events_no_delete", "raise(ABORT", "raise(IGNORE); SELECT raise(ABORT"),
        ["trigger host_events.host_events_no_delete differs"],
    ),
    (
        "text of a view edited",
        rewritten("host_entries_current", "''[]''", "''{}''"),
        ["view host_entries_current differs"],
    ),
    (
        "text of an index edited",
        rewritten("idx_events_time", "(created_at)", "(created_at DESC)"),
        ["index host_events.idx_events_time has"],
    ),
    (
        "trigger deleted from sqlite_master",
        "PRAGMA writable_schema = ON; DELETE FROM sqlite_master WHERE name = 'host_events_no_delete'",
        ["trigger host_events.host_events_no_delete is missing"],
    ),
    (
        "migration applied from another file",
        "UPDATE _yoyo_log SET comment = 'sha256:00' WHERE migration_id = '0002_positions'",
        ["migration 0002_positions was applied from a file with another content"],
    ),
]

NO_DRIFT = {
    "statistics": "ANALYZE",
    "plain index": "CREATE INDEX mine ON host_events (hostname)",
    "partial index": "CREATE INDEX mine ON host_entries (comment) WHERE comment IS NOT NULL",
    "index of an expression": "CREATE INDEX mine ON host_entries (lower(hostname))",
    "journal mode": "PRAGMA journal_mode = DELETE",
    "version of the user's": "PRAGMA user_version = 7; PRAGMA application_id = 9",
    "VACUUM": "VACUUM",
    "auto_vacuum": "PRAGMA auto_vacuum = INCREMENTAL; VACUUM",
    "page size": "PRAGMA journal_mode = DELETE; PRAGMA page_size = 8192; VACUUM",
    "REINDEX": "REINDEX",
    "objects of another application": "CREATE TABLE mine (a TEXT PRIMARY KEY, b TEXT UNIQUE); "
    "CREATE UNIQUE INDEX theirs ON mine (b); CREATE TRIGGER my_trigger AFTER INSERT ON mine BEGIN SELECT 1; END; "
    "CREATE VIEW my_view AS SELECT hostname FROM host_entries",
}
