-- depends: 0005_snapshots
-- What: consumers, which keep how far a reader of the log has come; a notification that wakes readers.
-- Why: a reader that moves its position in the transaction of its work handles each event once, across any crash.
-- DBA: one small table, one statement trigger. A transaction with NOTIFY cannot be prepared for two-phase commit.

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

-- A NOTIFY holds a lock of the whole cluster until its commit is on the disk, so that commits with one wait for each
-- other: 8 writers fell to 0.71 of their appends per second. So only one open transaction per schema sends one, by an
-- advisory lock that nobody waits for, and they stay at 1.0. An event that is not announced commits soon after one that
-- is: readers look again for a while after each notification, and once a second in any case.
CREATE FUNCTION host_events_notify() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    schema_oid integer := quote_ident(tg_table_schema)::regnamespace::oid::integer;
    notified text;
BEGIN
    IF pg_try_advisory_xact_lock(1752134518, schema_oid) THEN
        -- Assigned, as an expression runs without a query's executor.
        notified := pg_notify('hostsdb_events_' || schema_oid::oid, '');
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION host_events_notify()
IS 'Trigger function: wakes readers that LISTEN on hostsdb_events_ and the OID of this schema.';

CREATE TRIGGER host_events_notify AFTER INSERT ON host_events
FOR EACH STATEMENT EXECUTE FUNCTION host_events_notify();
