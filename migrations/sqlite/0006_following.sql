-- depends: 0005_snapshots
-- What: consumers, which keep how far a reader of the log has come.
-- Why: a reader that moves its position in the transaction of its work handles each event once, across any crash.
-- DBA: one small table; undo drops the positions, the log stays.

CREATE TABLE consumers (
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000+00:00'),

    CONSTRAINT consumers_pkey PRIMARY KEY (name),
    CONSTRAINT consumers_not_empty CHECK (name <> '')
) STRICT;
