-- depends: 0001_host_events
-- What: host_events.position, which a reader can follow without ever missing an event; log_horizon() for readers.
-- Why: sequence values become visible out of order under concurrent commits, so a plain identity loses events.
-- DBA: at most 4,194,304 events in one transaction. log_epoch keeps order after a restore and after a failover.

-- position = (transaction id + log_epoch.xid_offset) * 2^22 + number within the transaction. An event that is committed
-- below the oldest open transaction can have no later neighbour there: that line is log_horizon().
-- 41 bits of transactions last 69 years at 1,000 writing transactions a second.
-- The sequence only makes numbers grow within one statement; where it stands means nothing.
CREATE SEQUENCE host_events_number AS bigint MINVALUE 0 MAXVALUE 4611686018427387903 CYCLE;
COMMENT ON SEQUENCE host_events_number IS 'Numbers the events of one statement.';

-- The server's timeline changes when a standby is promoted, and when a backup is recovered. Amazon Aurora does not have
-- these functions; the start of the server is enough there.
CREATE FUNCTION log_timeline() RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint;
EXCEPTION
    WHEN OTHERS THEN
        RETURN NULL;
END
$$;
COMMENT ON FUNCTION log_timeline() IS 'The timeline of this server; NULL: not known.';

-- Transaction ids start over in a new cluster, and a server that was promoted or recovered gives those again that were
-- lost. So the first writer after each start of a server lifts the offset. One row; a writer adds it if it is missing,
-- as after pg_dump --schema-only.
CREATE TABLE log_epoch (
    xid_offset bigint NOT NULL,
    singleton boolean NOT NULL DEFAULT TRUE,
    timeline bigint,
    started_at timestamptz,
    CONSTRAINT log_epoch_pkey PRIMARY KEY (singleton),
    CONSTRAINT log_epoch_one_row CHECK (singleton),
    CONSTRAINT log_epoch_end CHECK (xid_offset < 2190000000000)
);
COMMENT ON TABLE log_epoch IS 'How positions are computed in this cluster. One row.';
COMMENT ON COLUMN log_epoch.xid_offset IS 'What is added to a transaction id.';
COMMENT ON COLUMN log_epoch.singleton IS 'Always true: the key of the only row.';
COMMENT ON COLUMN log_epoch.timeline IS 'The timeline on which the log was written last; NULL: not known.';
COMMENT ON COLUMN log_epoch.started_at IS 'When the server was started that wrote the log last; NULL: not known.';
INSERT INTO log_epoch (xid_offset, timeline, started_at) VALUES (0, log_timeline(), pg_postmaster_start_time());

-- Erased events count: their positions are not used again.
CREATE FUNCTION log_is_restored() RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        (
            greatest((SELECT max(e.position) FROM host_events AS e), (SELECT max(x.position) FROM erased_events AS x))
            >> 22
        )
        - coalesce((SELECT l.xid_offset FROM log_epoch AS l), 0)
        >= greatest(
            pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
            pg_current_xact_id_if_assigned()::text::bigint + 1
        );
END;
COMMENT ON FUNCTION log_is_restored()
IS 'Whether the log ends in an event of another cluster: a committed event of this one is below the snapshot''s xmax.';

CREATE FUNCTION log_horizon() RETURNS bigint
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        CASE
            WHEN log_is_restored() THEN 9223372036854775807
            ELSE (
                pg_snapshot_xmin(pg_current_snapshot())::text::bigint
                + coalesce((SELECT l.xid_offset FROM log_epoch AS l), 0)
            ) << 22
        END;
END;
COMMENT ON FUNCTION log_horizon()
IS 'Readers take only events below this position. In a log that was restored and not written to since, all are safe.';

-- The statement's first position goes from this trigger to the column's default in a setting of the transaction: a
-- default may not query, and a row trigger would take COPY its bulk path (100,000 rows into a table with a primary key
-- alone: 0.30 s, with a row trigger 0.43 s). It is above every position that the transaction has given already.
-- The first writer after a start of the server raises the offset: above all stored positions, and by more transactions
-- than can have been lost. That is 1,000,000, and one for each millisecond since the stored start, up to ten years.
-- A standby that is promoted, a backup that is recovered and a copy of the disk are each another start of a server. Two
-- standbys that do not know of each other can choose the same timeline; the later one of them raises by more.
-- The lock of the row makes a racing writer wait. Its next statement then sees what the first one has done.
CREATE FUNCTION host_events_before_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    path text := set_config('search_path', format('pg_catalog, %I, pg_temp', tg_table_schema), TRUE);
    epoch bigint;
    epoch_timeline bigint;
    epoch_start timestamptz;
    latest bigint;
    first_position bigint;
    is_replica boolean;
    base text;
BEGIN
    SELECT
        l.xid_offset, l.timeline, l.started_at,
        -- Faster to start than max().
        greatest(
            (SELECT e.position FROM host_events AS e ORDER BY e.position DESC LIMIT 1),
            (SELECT x.position FROM erased_events AS x ORDER BY x.position DESC LIMIT 1)
        ),
        EXISTS (SELECT FROM replica_of)
    INTO epoch, epoch_timeline, epoch_start, latest, is_replica
    FROM log_epoch AS l;

    -- The last two conditions are written as in log_timeline() and log_is_restored(), because a call takes longer.
    IF
        epoch IS NULL
        OR epoch_start IS DISTINCT FROM pg_postmaster_start_time()
        OR (
            epoch_timeline IS NOT NULL
            AND epoch_timeline <> ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint
        )
        OR (latest >> 22) - epoch >= greatest(
            pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
            pg_current_xact_id_if_assigned()::text::bigint + 1
        )
    THEN
        INSERT INTO log_epoch (xid_offset) VALUES (0) ON CONFLICT DO NOTHING;
        PERFORM 1 FROM log_epoch FOR UPDATE;
        UPDATE log_epoch AS l
        SET
            xid_offset = 1000000 + greatest(
                l.xid_offset,
                1 - pg_snapshot_xmin(pg_current_snapshot())::text::bigint + (
                    greatest(
                        (SELECT max(e.position) FROM host_events AS e), (SELECT max(x.position) FROM erased_events AS x)
                    ) >> 22
                )
            )
            + least(greatest((1000 * extract(EPOCH FROM clock_timestamp() - coalesce(
                l.started_at,
                (SELECT e.created_at FROM host_events AS e ORDER BY e.position DESC LIMIT 1)
            )))::bigint, 0), 315360000000),
            timeline = log_timeline(),
            started_at = pg_postmaster_start_time()
        WHERE
            l.started_at IS DISTINCT FROM pg_postmaster_start_time()
            OR l.timeline <> log_timeline()
            OR log_is_restored();
        SELECT l.xid_offset, EXISTS (SELECT FROM replica_of) INTO epoch, is_replica FROM log_epoch AS l;
    END IF;
    IF is_replica THEN
        IF NOT is_copy() THEN
            RAISE EXCEPTION 'this database is a copy of another one, and takes no other events'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'host_events_replica',
                    HINT = 'Write to the origin; or DELETE FROM replica_of, to make this database independent.';
        END IF;
    END IF;

    first_position := (pg_current_xact_id()::text::bigint + epoch) << 22;
    IF latest >= first_position + 4194304 THEN  -- a later transaction has committed
        SELECT greatest(
            (SELECT max(e.position) FROM host_events AS e WHERE e.position < first_position + 4194304),
            (SELECT max(x.position) FROM erased_events AS x WHERE x.position < first_position + 4194304)
        ) INTO latest;
    END IF;
    -- Assigned, as an expression runs without a query's executor.
    base := set_config(
        'hostsdb.position_base',
        (greatest(latest, first_position - 1) - nextval('host_events_number'))::text,
        TRUE
    );
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION host_events_before_insert()
IS 'Trigger function: prepares the positions of a statement; a copy refuses other writers.';

-- It runs with its owner's rights, so nobody else may make it a trigger of another table.
REVOKE EXECUTE ON FUNCTION host_events_before_insert() FROM public;

CREATE TRIGGER host_events_before_insert BEFORE INSERT ON host_events
FOR EACH STATEMENT EXECUTE FUNCTION host_events_before_insert();

ALTER TABLE host_events ALTER COLUMN position
SET DEFAULT current_setting('hostsdb.position_base')::bigint + nextval('host_events_number');
