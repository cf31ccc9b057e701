-- depends: 0006_consumers
-- What: a database that replica_of marks as a copy takes no snapshots, and follows the erasures of its origin.
-- Why: a snapshot would keep what the origin has erased. The table and the guard of host_events are older.
-- DBA: two statement triggers. Creating them waits for writers, not for readers.

-- SECURITY DEFINER: a writer needs no right on replica_of.
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
