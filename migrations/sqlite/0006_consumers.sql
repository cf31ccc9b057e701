-- depends: 0005_snapshots
-- What: consumers, which keep how far a reader of the log has come.
-- Why: a reader that moves its position in the transaction of its work handles each event once, across any crash.
-- DBA: one small table; undo drops the positions, the log stays.

CREATE TABLE consumers (
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000+00:00'),

    CONSTRAINT consumers_pkey PRIMARY KEY (name),
    CONSTRAINT consumers_not_empty CHECK (name <> ''),
    CONSTRAINT consumers_no_nul CHECK (instr(name, char(0)) = 0),
    CONSTRAINT consumers_size CHECK (length(cast(name AS BLOB)) <= 1000),
    CONSTRAINT consumers_position CHECK (position >= -1),
    CONSTRAINT consumers_time CHECK (
        updated_at >= '1970' AND updated_at < '9999-12-31'
        AND datetime(substr(updated_at, 1, 19), '0 seconds') IS replace(substr(updated_at, 1, 19), 'T', ' ')
        AND (
            substr(updated_at, 20) IN ('', 'Z', '+00:00')
            OR substr(updated_at, 20) GLOB '.[0-9][0-9][0-9][0-9][0-9][0-9]+00:00'
        )
    )
) STRICT;

-- See host_events_text.
CREATE TRIGGER consumers_text_insert BEFORE INSERT ON consumers
WHEN new.name GLOB '*[^ -~]*'
BEGIN
    SELECT raise(ABORT, 'consumers_text: the name is not UTF-8')
    WHERE EXISTS (
        WITH RECURSIVE walk (i, s) AS (
            SELECT
                0,
                NULL
            UNION ALL
            SELECT
                w.i + iif(
                    cast(w.s AS TEXT) GLOB '*[^ -~]*',
                    length(cast(char(unicode(cast(w.s AS TEXT))) AS BLOB)),
                    coalesce(length(w.s), 1)
                ),
                substr(
                    cast(new.name AS BLOB),
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

CREATE TRIGGER consumers_text_update BEFORE UPDATE ON consumers
WHEN new.name GLOB '*[^ -~]*'
BEGIN
    SELECT raise(ABORT, 'consumers_text: the name is not UTF-8')
    WHERE EXISTS (
        WITH RECURSIVE walk (i, s) AS (
            SELECT
                0,
                NULL
            UNION ALL
            SELECT
                w.i + iif(
                    cast(w.s AS TEXT) GLOB '*[^ -~]*',
                    length(cast(char(unicode(cast(w.s AS TEXT))) AS BLOB)),
                    coalesce(length(w.s), 1)
                ),
                substr(
                    cast(new.name AS BLOB),
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
