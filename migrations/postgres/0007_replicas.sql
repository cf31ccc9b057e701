-- depends: 0006_consumers
-- What: replica_of, the mark of a database that is a copy of another one and refuses other writers.
-- Why: an event that only the copy had would stop the next copy.
-- DBA: one small table, one statement trigger. Creating the trigger waits for writers, not for readers.

CREATE TABLE replica_of (
    origin text COLLATE "C" NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT replica_of_pkey PRIMARY KEY (origin),
    CONSTRAINT replica_of_not_empty CHECK (origin <> ''),
    CONSTRAINT replica_of_size CHECK (octet_length(origin) <= 1000),
    CONSTRAINT replica_of_time CHECK (since >= '1970-01-01 00:00:00+00' AND since < '9999-12-31 00:00:00+00')
);
COMMENT ON TABLE replica_of IS 'Empty, or one row: this database is a copy, and only its owner''s copy adds events.';
COMMENT ON COLUMN replica_of.origin IS 'Where the copy comes from.';
COMMENT ON COLUMN replica_of.since IS 'Since when.';

CREATE UNIQUE INDEX replica_of_one_row ON replica_of ((TRUE));

-- SECURITY DEFINER: a writer needs no right on replica_of.
CREATE FUNCTION host_events_replica() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    path text := set_config('search_path', format('pg_catalog, %I, pg_temp', tg_table_schema), TRUE);
BEGIN
    IF EXISTS (SELECT FROM replica_of) AND NOT is_copy() THEN
        RAISE EXCEPTION 'this database is a copy of another one, and takes no other events'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'host_events_replica',
                HINT = 'Write to the origin; or DELETE FROM replica_of, to make this database independent.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION host_events_replica() IS 'Trigger function: a copy refuses other writers.';

REVOKE EXECUTE ON FUNCTION host_events_replica() FROM public;

CREATE TRIGGER host_events_replica BEFORE INSERT ON host_events
FOR EACH STATEMENT EXECUTE FUNCTION host_events_replica();
