-- depends: 0001_host_events
-- What: host_events.position, which a reader can follow without ever missing an event; log_horizon() for readers.
-- Why: sequence values become visible out of order under concurrent commits, so a plain identity loses events.
-- DBA: at most 4,194,304 events in one transaction. log_epoch keeps order after dump and restore elsewhere.

-- position = (transaction id + log_epoch.xid_offset) * 2^22 + number within the transaction. Whoever is committed
-- below the oldest unfinished transaction can have no later neighbour there: that line is log_horizon().
-- 41 bits of transactions last 69 years at 1,000 writing transactions a second.
CREATE SEQUENCE host_events_number AS bigint MINVALUE 0 MAXVALUE 4194303 CYCLE;

-- Transaction ids start over in a new cluster. After a restore the first writer lifts the offset above all that
-- was restored. One row, always.
CREATE TABLE log_epoch (
    xid_offset bigint NOT NULL,
    singleton boolean NOT NULL DEFAULT TRUE,
    CONSTRAINT log_epoch_pkey PRIMARY KEY (singleton),
    CONSTRAINT log_epoch_one_row CHECK (singleton)
);
INSERT INTO log_epoch (xid_offset) VALUES (0);

-- Whether the log ends in an event of another cluster: a committed event of this one is below the snapshot's xmax,
-- and no other transaction's is visible but the running one's own.
CREATE FUNCTION log_is_restored() RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        (SELECT max(e.position) >> 22 FROM host_events AS e) - xid_offset >= greatest(
            pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
            pg_current_xact_id_if_assigned()::text::bigint + 1
        )
    FROM log_epoch;
END;

-- Readers take only events below this. In a log that was restored and not written to since, every event is safe.
CREATE FUNCTION log_horizon() RETURNS bigint
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        CASE
            WHEN log_is_restored() THEN 9223372036854775807
            ELSE (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + xid_offset) << 22
        END
    FROM log_epoch;
END;

-- The transaction's first position goes from this trigger to the column's default in a setting of the transaction: a
-- default may not query, and a row trigger would take COPY its bulk path (100,000 rows into a table with a primary key
-- alone: 0.30 s, with a row trigger 0.43 s). The first writer after a restore lifts the offset so that every
-- transaction that is still to write comes after what was restored; the row's lock makes a racing one wait.
CREATE FUNCTION host_events_before_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
AS $$
DECLARE
    epoch bigint;
    restored boolean;
    base text;
BEGIN
    -- As log_is_restored() has it, with the offset in one query.
    SELECT
        l.xid_offset,
        (SELECT max(e.position) >> 22 FROM host_events AS e) - l.xid_offset >= greatest(
            pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
            pg_current_xact_id_if_assigned()::text::bigint + 1
        )
    INTO epoch, restored
    FROM log_epoch AS l;

    IF restored THEN
        -- In a statement of its own: the next one then sees what a racing first writer has done meanwhile.
        PERFORM 1 FROM log_epoch FOR UPDATE;
        UPDATE log_epoch
        SET xid_offset = (SELECT max(position) >> 22 FROM host_events) + 1
            - pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        WHERE log_is_restored();
        SELECT l.xid_offset INTO epoch FROM log_epoch AS l;
    END IF;
    -- Assigned, as an expression runs without a query's executor.
    base := set_config('hostsdb.position_base', ((pg_current_xact_id()::text::bigint + epoch) << 22)::text, true);
    RETURN NULL;
END
$$;

-- It runs with its owner's rights, so nobody else may make it a trigger of another table.
REVOKE EXECUTE ON FUNCTION host_events_before_insert() FROM public;

CREATE TRIGGER host_events_before_insert BEFORE INSERT ON host_events
FOR EACH STATEMENT EXECUTE FUNCTION host_events_before_insert();

ALTER TABLE host_events ALTER COLUMN position
SET DEFAULT current_setting('hostsdb.position_base')::bigint + nextval('host_events_number');
