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
    CONSTRAINT snapshots_entry_count CHECK (entry_count >= 0),
    CONSTRAINT snapshots_size CHECK (
        greatest(octet_length(snapshot_id), octet_length(trigger), octet_length(name)) <= 1000
    ),
    CONSTRAINT snapshots_time CHECK (
        created_at >= '1970-01-01 00:00:00+00' AND created_at < '9999-12-31 00:00:00+00'
    )
);
COMMENT ON TABLE snapshots IS 'Rendered hosts files.';
COMMENT ON COLUMN snapshots.snapshot_id IS 'The id, a ULID.';
COMMENT ON COLUMN snapshots.created_at IS 'When it was taken.';
COMMENT ON COLUMN snapshots.hosts_content IS 'The hosts file.';
COMMENT ON COLUMN snapshots.entry_count IS 'The number of hosts in it.';
COMMENT ON COLUMN snapshots.trigger IS 'What took it, for example manual.';
COMMENT ON COLUMN snapshots.name IS 'A name for people; NULL: none.';
COMMENT ON COLUMN snapshots.event_log_position IS 'The position of the log that it shows; NULL: not known.';

CREATE INDEX idx_snapshots_created ON snapshots (created_at DESC);
