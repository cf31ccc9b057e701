-- depends: 0005_snapshots
-- What: consumers, which keep how far a reader of the log has come.
-- Why: a reader that moves its position in the transaction of its work handles each event once, across any crash.
-- DBA: one small table; undo drops the positions, the log stays.

CREATE TABLE consumers (
    name TEXT NOT NULL,
    position BIGINT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),

    CONSTRAINT consumers_pkey PRIMARY KEY (name),
    CONSTRAINT consumers_not_empty CHECK (name <> ''),
    CONSTRAINT consumers_position CHECK (position >= -1),
    CONSTRAINT consumers_no_nul CHECK (NOT system.main.contains(name, system.main.chr(0))),
    CONSTRAINT consumers_size CHECK (system.main.strlen(name) <= 1000),
    CONSTRAINT consumers_time CHECK (
        updated_at >= '1970-01-01 00:00:00+00' AND updated_at < '9999-12-31 00:00:00+00'
    )
);

COMMENT ON TABLE consumers IS 'How far each reader of the log has come.';
