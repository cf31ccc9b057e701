-- depends: 0001_host_events
-- What: host_events.position, which a reader can follow without ever missing an event; log_horizon() for readers.
-- Why: sequence values become visible out of order under concurrent commits, so a plain identity loses events.
-- DBA: at most 4,194,304 events in one transaction. log_epoch keeps order after dump and restore elsewhere.

-- position = (transaction id + log_epoch.xid_offset) * 2^22 + number within the transaction. An event that is committed
-- below the oldest open transaction can have no later neighbour there: that line is log_horizon().
-- 41 bits of transactions last 69 years at 1,000 writing transactions a second.
-- The sequence only makes numbers grow within one statement; where it stands means nothing.
CREATE SEQUENCE host_events_number AS bigint MINVALUE 0 MAXVALUE 4611686018427387903 CYCLE;
COMMENT ON SEQUENCE host_events_number IS 'Numbers the events of one statement.';

-- Transaction ids start over in a new cluster. After a restore the first writer lifts the offset above all that
-- was restored. One row; a writer adds it if it is missing, as after pg_dump --schema-only.
CREATE TABLE log_epoch (
    xid_offset bigint NOT NULL,
    singleton boolean NOT NULL DEFAULT TRUE,
    timeline bigint,
    CONSTRAINT log_epoch_pkey PRIMARY KEY (singleton),
    CONSTRAINT log_epoch_one_row CHECK (singleton)
);
COMMENT ON TABLE log_epoch IS 'How positions are computed in this cluster. One row.';
COMMENT ON COLUMN log_epoch.xid_offset IS 'What is added to a transaction id.';
COMMENT ON COLUMN log_epoch.singleton IS 'Always true: the key of the only row.';
COMMENT ON COLUMN log_epoch.timeline IS 'The timeline on which the log was written last; NULL: not known.';
INSERT INTO log_epoch (xid_offset) VALUES (0);

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
-- The first writer after a restore lifts the offset so that every transaction that is still to write comes after what
-- was restored. The row's lock makes a racing writer wait; the next statement then sees what the first one has done.
CREATE FUNCTION host_events_before_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    path text := set_config('search_path', format('pg_catalog, %I, pg_temp', tg_table_schema), TRUE);
    epoch bigint;
    latest bigint;
    first_position bigint;
    base text;
BEGIN
    SELECT
        (SELECT l.xid_offset FROM log_epoch AS l),
        greatest((SELECT max(e.position) FROM host_events AS e), (SELECT max(x.position) FROM erased_events AS x))
    INTO epoch, latest;

    -- As log_is_restored() has it.
    IF epoch IS NULL OR (latest >> 22) - epoch >= greatest(
        pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
        pg_current_xact_id_if_assigned()::text::bigint + 1
    ) THEN
        INSERT INTO log_epoch (xid_offset) VALUES (0) ON CONFLICT DO NOTHING;
        PERFORM 1 FROM log_epoch FOR UPDATE;
        UPDATE log_epoch
        SET xid_offset = 1 - pg_snapshot_xmin(pg_current_snapshot())::text::bigint + (
            greatest((SELECT max(e.position) FROM host_events AS e), (SELECT max(x.position) FROM erased_events AS x))
            >> 22
        )
        WHERE log_is_restored();
        SELECT l.xid_offset INTO epoch FROM log_epoch AS l;
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
COMMENT ON FUNCTION host_events_before_insert() IS 'Trigger function: prepares the positions of a statement.';

-- It runs with its owner's rights, so nobody else may make it a trigger of another table.
REVOKE EXECUTE ON FUNCTION host_events_before_insert() FROM public;

CREATE TRIGGER host_events_before_insert BEFORE INSERT ON host_events
FOR EACH STATEMENT EXECUTE FUNCTION host_events_before_insert();

ALTER TABLE host_events ALTER COLUMN position
SET DEFAULT current_setting('hostsdb.position_base')::bigint + nextval('host_events_number');
