-- depends: 0006_consumers
-- What: replica_of, the mark of a database that is a copy of another one; and the guard that only a copy suspends.
-- Why: an event that only the copy has would stop the next copy; a version far ahead would block its host for everyone.
-- DBA: one small table. A copy drops and creates the guard in its own transaction; without it the others step back.

CREATE TABLE replica_of (
    origin TEXT NOT NULL,
    since TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000+00:00'),

    CONSTRAINT replica_of_pkey PRIMARY KEY (origin),
    CONSTRAINT replica_of_not_empty CHECK (origin <> ''),
    CONSTRAINT replica_of_no_nul CHECK (instr(origin, char(0)) = 0),
    CONSTRAINT replica_of_size CHECK (length(cast(origin AS BLOB)) <= 1000),
    CONSTRAINT replica_of_time CHECK (
        since >= '1970' AND since < '9999-12-31'
        AND datetime(substr(since, 1, 19), '0 seconds') IS replace(substr(since, 1, 19), 'T', ' ')
        AND (
            substr(since, 20) IN ('', 'Z', '+00:00')
            OR substr(since, 20) GLOB '.[0-9][0-9][0-9][0-9][0-9][0-9]+00:00'
        )
    )
) STRICT;

CREATE TRIGGER replica_of_one BEFORE INSERT ON replica_of
WHEN EXISTS (SELECT 1 FROM replica_of)
BEGIN
    SELECT raise(ABORT, 'replica_of_one: this database is already a copy of another one');
END;

CREATE TRIGGER replica_of_no_update BEFORE UPDATE ON replica_of
BEGIN
    SELECT raise(ABORT, 'replica_of_one: delete the row, and insert another one');
END;

-- See host_events_text.
CREATE TRIGGER replica_of_text BEFORE INSERT ON replica_of
WHEN new.origin GLOB '*[^ -~]*'
BEGIN
    SELECT raise(ABORT, 'replica_of_text: the origin is not UTF-8')
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
                    cast(new.origin AS BLOB),
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

-- A version's first ten characters are its milliseconds since 1970 in base 32. At most a day ahead, or one more than in
-- the predecessor: then each version has a successor, also after a clock was ahead and set back. The condition passes
-- the predecessor's own millisecond. Then it compares five characters, which are steps of 9 hours, with those of the
-- limit, of which the first is 0 until the year 3084: most versions are below.
CREATE TRIGGER host_events_version_time_and_replica BEFORE INSERT ON host_events
WHEN
    EXISTS (SELECT 1 FROM replica_of)
    OR (
        substr(new.event_version, 1, 10) <> coalesce(substr(new.expected_version, 1, 10), '')
        AND new.event_version >= (
            SELECT
                '0' || substr(n.digits, 1 + (n.nines >> 15 & 31), 1) || substr(n.digits, 1 + (n.nines >> 10 & 31), 1)
                || substr(n.digits, 1 + (n.nines >> 5 & 31), 1) || substr(n.digits, 1 + (n.nines & 31), 1)
            FROM (
                SELECT
                    '0123456789ABCDEFGHJKMNPQRSTVWXYZ' AS digits,
                    cast((julianday('now') - 2440586.5) * 86400000 AS INTEGER) >> 25 AS nines
            ) AS n
        )
    )
BEGIN
    SELECT raise(ABORT, 'host_events_replica: this database is a copy of another one: write to its origin')
    WHERE EXISTS (SELECT 1 FROM replica_of);
    SELECT raise(ABORT, 'host_events_version_time: the version is over a day ahead of the clock')
    FROM (
        SELECT
            sum(d.of_new) AS of_new,
            sum(d.of_expected) AS of_expected
        FROM (
            SELECT
                (instr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', substr(new.event_version, n.value, 1)) - 1)
                << (50 - 5 * n.value) AS of_new,
                (instr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', substr(new.expected_version, n.value, 1)) - 1)
                << (50 - 5 * n.value) AS of_expected
            FROM json_each('[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]') AS n
        ) AS d
    ) AS milliseconds
    WHERE
        -- What is no version at all, host_events_version_is_ulid refuses.
        length(new.event_version) = 26 AND new.event_version < '8'
        AND milliseconds.of_new > cast((julianday('now') - 2440586.5) * 86400000 AS INTEGER)
        AND milliseconds.of_new > coalesce(milliseconds.of_expected + 1, 0);
END;

-- A snapshot of its own would keep what the origin has erased.
CREATE TRIGGER snapshots_replica_insert BEFORE INSERT ON snapshots
WHEN
    EXISTS (SELECT 1 FROM replica_of)
    AND EXISTS (SELECT 1 FROM sqlite_master AS m WHERE m.name = 'host_events_version_time_and_replica')
BEGIN
    SELECT raise(ABORT, 'snapshots_replica: this database is a copy of another one: it has its snapshots');
END;

CREATE TRIGGER snapshots_replica_update BEFORE UPDATE ON snapshots
WHEN
    EXISTS (SELECT 1 FROM replica_of)
    AND EXISTS (SELECT 1 FROM sqlite_master AS m WHERE m.name = 'host_events_version_time_and_replica')
BEGIN
    SELECT raise(ABORT, 'snapshots_replica: this database is a copy of another one: it has its snapshots');
END;

CREATE TRIGGER snapshots_replica_delete BEFORE DELETE ON snapshots
WHEN
    EXISTS (SELECT 1 FROM replica_of)
    AND EXISTS (SELECT 1 FROM sqlite_master AS m WHERE m.name = 'host_events_version_time_and_replica')
BEGIN
    SELECT raise(ABORT, 'snapshots_replica: this database is a copy of another one: it has its snapshots');
END;

-- A host that was erased in the origin before its deletion was copied is still live here. No HostDeleted will come.
CREATE TRIGGER erasures_entries AFTER INSERT ON erasures
BEGIN
    DELETE FROM host_entries WHERE id = new.aggregate_id;
END;
