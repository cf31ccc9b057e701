-- depends: 0006_consumers
-- What: replica_of, the mark of a database that is a copy of another one and refuses other writers.
-- Why: an event that only the copy had would stop the next copy; a snapshot would keep what its origin has erased.
-- DBA: one small table, three statement triggers. Creating them waits for writers, not for readers.

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

CREATE FUNCTION snapshots_replica() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    path text := set_config('search_path', format('pg_catalog, %I, pg_temp', tg_table_schema), TRUE);
BEGIN
    IF EXISTS (SELECT FROM replica_of) AND NOT is_copy() THEN
        RAISE EXCEPTION 'this database is a copy of another one, and has the snapshots of its origin'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'snapshots_replica',
                HINT = 'Use the origin; or DELETE FROM replica_of, to make this database independent.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION snapshots_replica() IS 'Trigger function: a copy has the snapshots of its origin.';

REVOKE EXECUTE ON FUNCTION snapshots_replica() FROM public;

CREATE TRIGGER snapshots_replica BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON snapshots
FOR EACH STATEMENT EXECUTE FUNCTION snapshots_replica();

-- A host that was erased in the origin before its deletion was copied is still live here. No HostDeleted will come.
CREATE FUNCTION erasures_entries() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    path text := set_config('search_path', format('pg_catalog, %I, pg_temp', tg_table_schema), TRUE);
BEGIN
    IF is_copy() THEN
        DELETE FROM host_entries AS h USING new_rows AS n WHERE h.id = n.aggregate_id;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION erasures_entries() IS 'Trigger function: a host that a copy records as erased is not live.';

CREATE TRIGGER erasures_entries AFTER INSERT ON erasures
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION erasures_entries();
