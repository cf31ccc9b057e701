-- depends: 0005_snapshots
-- What: consumers, which keep how far a reader of the log has come; a notification that wakes readers.
-- Why: a reader that moves its position in the transaction of its work handles each event once, across any crash.
-- DBA: one small table, one statement trigger. A transaction with NOTIFY cannot be prepared for two-phase commit.

CREATE TABLE consumers (
    name text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT consumers_pkey PRIMARY KEY (name),
    CONSTRAINT consumers_not_empty CHECK (name <> '')
);

-- A NOTIFY holds a lock of the whole cluster until its commit is on the disk, so that commits with one wait for each
-- other: 8 writers fell to 0.71 of their appends per second. So only one unfinished transaction has one at a time, by
-- an advisory lock that nobody waits for, and they stay at 1.0. An event that is not announced commits soon after one
-- that is: readers look again for a while after each notification, and once a second in any case.
CREATE FUNCTION host_events_notify() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF pg_try_advisory_xact_lock(7525360446348747265) THEN
        PERFORM pg_notify('hostsdb_events', '');
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER host_events_notify AFTER INSERT ON host_events
FOR EACH STATEMENT EXECUTE FUNCTION host_events_notify();
