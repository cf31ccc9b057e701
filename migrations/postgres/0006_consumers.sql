-- depends: 0005_snapshots
-- What: consumers, which keep how far a reader of the log has come.
-- Why: a reader that moves its position in the transaction of its work handles each event once, across any crash.
-- DBA: one small table.

CREATE TABLE consumers (
    name text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT consumers_pkey PRIMARY KEY (name),
    CONSTRAINT consumers_not_empty CHECK (name <> ''),
    CONSTRAINT consumers_position CHECK (position >= -1),
    CONSTRAINT consumers_size CHECK (octet_length(name) <= 1000),
    CONSTRAINT consumers_time CHECK (
        updated_at >= '1970-01-01 00:00:00+00' AND updated_at < '9999-12-31 00:00:00+00'
    )
);
COMMENT ON TABLE consumers IS 'How far each named reader of the log has come.';
COMMENT ON COLUMN consumers.name IS 'The name of the reader.';
COMMENT ON COLUMN consumers.position IS 'The position of the last event that it has handled; -1: none.';
COMMENT ON COLUMN consumers.updated_at IS 'When it moved.';
