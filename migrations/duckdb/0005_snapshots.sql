-- depends: 0004_views
-- What: snapshots, the rendered hosts file at a moment, with its position in the log.
-- Why: a state to look at, to compare with and to go back to, that does not change with the renderer.
-- DBA: one table; undo drops the snapshots, the log stays.

CREATE TABLE snapshots (
    snapshot_id TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    hosts_content TEXT NOT NULL,
    entry_count BIGINT NOT NULL,
    trigger TEXT NOT NULL,
    name TEXT,
    event_log_position BIGINT,

    CONSTRAINT snapshots_pkey PRIMARY KEY (snapshot_id),
    CONSTRAINT snapshots_not_empty CHECK (snapshot_id <> '' AND trigger <> ''),
    CONSTRAINT snapshots_entry_count CHECK (entry_count >= 0),
    CONSTRAINT snapshots_no_nul CHECK (
        NOT system.main.contains(
            system.main.concat(snapshot_id, hosts_content, trigger, name), system.main.chr(0)
        )
    ),
    CONSTRAINT snapshots_size CHECK (
        system.main.greatest(
            system.main.strlen(snapshot_id), system.main.strlen(trigger), system.main.strlen(name)
        ) <= 1000
    ),
    CONSTRAINT snapshots_time CHECK (
        created_at >= '1970-01-01 00:00:00+00' AND created_at < '9999-12-31 00:00:00+00'
    )
);

CREATE INDEX idx_snapshots_created ON snapshots (created_at DESC);

COMMENT ON TABLE snapshots IS 'Rendered hosts files.';
