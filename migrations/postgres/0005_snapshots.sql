-- depends: 0004_views
-- What: snapshots, the rendered hosts file at a moment, with its position in the log.
-- Why: a state to look at, to compare with and to go back to, that does not change with the renderer.
-- DBA: one table; undo drops the snapshots, the log stays.

CREATE TABLE snapshots (
    snapshot_id text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    hosts_content text COLLATE "C" NOT NULL,
    entry_count bigint NOT NULL,
    trigger text COLLATE "C" NOT NULL,
    name text COLLATE "C",
    event_log_position bigint,

    CONSTRAINT snapshots_pkey PRIMARY KEY (snapshot_id),
    CONSTRAINT snapshots_not_empty CHECK (snapshot_id <> '' AND trigger <> ''),
    CONSTRAINT snapshots_entry_count CHECK (entry_count >= 0)
);

CREATE INDEX idx_snapshots_created ON snapshots (created_at DESC);
