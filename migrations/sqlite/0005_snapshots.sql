-- depends: 0004_views
-- What: snapshots, the rendered hosts file at a moment, with its position in the log.
-- Why: a state to look at, to compare with and to go back to, that does not change with the renderer.
-- DBA: one table; undo drops the snapshots, the log stays.

CREATE TABLE snapshots (
    snapshot_id TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000+00:00'),
    hosts_content TEXT NOT NULL,
    entry_count INTEGER NOT NULL,
    "trigger" TEXT NOT NULL,
    name TEXT,
    event_log_position INTEGER,

    CONSTRAINT snapshots_pkey PRIMARY KEY (snapshot_id),
    CONSTRAINT snapshots_not_empty CHECK (snapshot_id <> '' AND "trigger" <> ''),
    CONSTRAINT snapshots_entry_count CHECK (entry_count >= 0),
    CONSTRAINT snapshots_no_nul CHECK (
        instr(snapshot_id || "trigger" || coalesce(name, ''), char(0)) = 0 AND instr(hosts_content, char(0)) = 0
    ),
    CONSTRAINT snapshots_size CHECK (
        length(cast(snapshot_id AS BLOB)) <= 1000 AND length(cast("trigger" AS BLOB)) <= 1000
        AND length(cast(name AS BLOB)) <= 1000
    ),
    CONSTRAINT snapshots_time CHECK (
        created_at >= '1970' AND created_at < '9999-12-31'
        AND datetime(substr(created_at, 1, 19), '0 seconds') IS replace(substr(created_at, 1, 19), 'T', ' ')
        AND (
            substr(created_at, 20) IN ('', 'Z', '+00:00')
            OR substr(created_at, 20) GLOB '.[0-9][0-9][0-9][0-9][0-9][0-9]+00:00'
        )
    )
) STRICT;

CREATE INDEX idx_snapshots_created ON snapshots (created_at DESC);

-- See host_events_text. A hosts file has line ends, so here any ASCII is not looked at again.
CREATE TRIGGER snapshots_text_insert BEFORE INSERT ON snapshots
WHEN
    new.snapshot_id || new."trigger" || coalesce(new.name, '') || new.hosts_content
    GLOB '*[^' || char(1) || '-' || char(127) || ']*'
BEGIN
    SELECT raise(ABORT, 'snapshots_text: a text is not UTF-8')
    WHERE EXISTS (
        WITH RECURSIVE walk (n, i, s) AS (
            SELECT
                v.column1,
                0,
                NULL
            FROM (VALUES (1), (2), (3), (4)) AS v
            UNION ALL
            SELECT
                w.n,
                w.i + iif(
                    cast(w.s AS TEXT) GLOB '*[^ -~]*',
                    length(cast(char(unicode(cast(w.s AS TEXT))) AS BLOB)),
                    coalesce(length(w.s), 1)
                ),
                substr(
                    cast(
                        CASE w.n
                            WHEN 1 THEN new.snapshot_id
                            WHEN 2 THEN new."trigger"
                            WHEN 3 THEN new.name
                            ELSE new.hosts_content
                        END AS BLOB
                    ),
                    w.i + iif(
                        cast(w.s AS TEXT) GLOB '*[^ -~]*',
                        length(cast(char(unicode(cast(w.s AS TEXT))) AS BLOB)),
                        coalesce(length(w.s), 1)
                    ),
                    32
                )
            FROM walk AS w
            WHERE w.i = 0 OR w.s <> x''
        )

        SELECT 1 FROM walk AS w
        WHERE
            w.s <> x'' AND hex(w.s) NOT GLOB hex(char(unicode(cast(w.s AS TEXT)))) || '*'
            AND hex(w.s) NOT GLOB 'EFBFB[EF]*'
    );
END;

CREATE TRIGGER snapshots_text_update BEFORE UPDATE ON snapshots
WHEN
    new.snapshot_id || new."trigger" || coalesce(new.name, '') || new.hosts_content
    GLOB '*[^' || char(1) || '-' || char(127) || ']*'
BEGIN
    SELECT raise(ABORT, 'snapshots_text: a text is not UTF-8')
    WHERE EXISTS (
        WITH RECURSIVE walk (n, i, s) AS (
            SELECT
                v.column1,
                0,
                NULL
            FROM (VALUES (1), (2), (3), (4)) AS v
            UNION ALL
            SELECT
                w.n,
                w.i + iif(
                    cast(w.s AS TEXT) GLOB '*[^ -~]*',
                    length(cast(char(unicode(cast(w.s AS TEXT))) AS BLOB)),
                    coalesce(length(w.s), 1)
                ),
                substr(
                    cast(
                        CASE w.n
                            WHEN 1 THEN new.snapshot_id
                            WHEN 2 THEN new."trigger"
                            WHEN 3 THEN new.name
                            ELSE new.hosts_content
                        END AS BLOB
                    ),
                    w.i + iif(
                        cast(w.s AS TEXT) GLOB '*[^ -~]*',
                        length(cast(char(unicode(cast(w.s AS TEXT))) AS BLOB)),
                        coalesce(length(w.s), 1)
                    ),
                    32
                )
            FROM walk AS w
            WHERE w.i = 0 OR w.s <> x''
        )

        SELECT 1 FROM walk AS w
        WHERE
            w.s <> x'' AND hex(w.s) NOT GLOB hex(char(unicode(cast(w.s AS TEXT)))) || '*'
            AND hex(w.s) NOT GLOB 'EFBFB[EF]*'
    );
END;
