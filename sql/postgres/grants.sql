-- What: the roles hostsdb_owner, hostsdb_writer and hostsdb_reader, who may not log in, and all rights on hostsdb's
--       objects in the current schema. A login role gets its part by: GRANT hostsdb_writer TO app;
-- Why:  the writer adds events and snapshots, the reader reads. Neither can change or remove an event, nor write
--       host_entries, log_epoch or the record of migrations: the triggers do, with the owner's rights.
-- DBA:  run it after `hostsdb init`, and again after each new migration: psql -1 -v ON_ERROR_STOP=1 -f grants.sql
--       Running it again changes nothing. Each object is locked for a moment. Undo: REASSIGN OWNED, DROP OWNED.
--       Later migrations: as a member of hostsdb_owner, with ?options=-crole%3Dhostsdb_owner in the URL.

-- Roles belong to the whole cluster, so another database may have made them, or be about to.
DO $$
DECLARE
    wanted text;
    new_words boolean := current_setting('server_version_num')::int >= 160000;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['hostsdb_owner', 'hostsdb_writer', 'hostsdb_reader'] LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles AS r WHERE r.rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN
                    NULL;
            END;
        END IF;
    END LOOP;
    -- Only a superuser can change an owner to a role that it is not a member of.
    IF NOT pg_has_role('hostsdb_owner', CASE WHEN new_words THEN 'SET' ELSE 'MEMBER' END) THEN
        EXECUTE format('GRANT hostsdb_owner TO %I', current_user);
    END IF;
END
$$;

-- From here on an unqualified name means our schema, never a temporary table. An object of another role in our schema
-- could shadow names in the owner's functions, so no other role may create one. Other schemas are not changed.
DO $$
DECLARE
    ours text := current_schema();
BEGIN
    PERFORM set_config('search_path', format('%I, pg_temp', ours), FALSE);
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM public, hostsdb_writer, hostsdb_reader', ours);
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO hostsdb_owner', ours);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO hostsdb_writer, hostsdb_reader', ours);
    -- An import passes through a temporary table.
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO hostsdb_writer', current_database());
END
$$;

ALTER TABLE host_events OWNER TO hostsdb_owner;
ALTER TABLE host_entries OWNER TO hostsdb_owner;
ALTER TABLE snapshots OWNER TO hostsdb_owner;
ALTER TABLE consumers OWNER TO hostsdb_owner;
ALTER TABLE log_epoch OWNER TO hostsdb_owner;
ALTER TABLE _yoyo_migration OWNER TO hostsdb_owner;
ALTER TABLE _yoyo_log OWNER TO hostsdb_owner;
ALTER TABLE _yoyo_version OWNER TO hostsdb_owner;
ALTER TABLE IF EXISTS yoyo_lock OWNER TO hostsdb_owner;
ALTER SEQUENCE host_events_number OWNER TO hostsdb_owner;
ALTER VIEW host_entries_current OWNER TO hostsdb_owner;
ALTER VIEW host_entries_history OWNER TO hostsdb_owner;
ALTER FUNCTION host_entries_at(timestamptz) OWNER TO hostsdb_owner;
ALTER FUNCTION host_entries_guard() OWNER TO hostsdb_owner;
ALTER FUNCTION host_events_after_insert() OWNER TO hostsdb_owner;
ALTER FUNCTION host_events_before_insert() OWNER TO hostsdb_owner;
ALTER FUNCTION host_events_notify() OWNER TO hostsdb_owner;
ALTER FUNCTION log_horizon() OWNER TO hostsdb_owner;
ALTER FUNCTION log_is_restored() OWNER TO hostsdb_owner;
ALTER FUNCTION refuse_change() OWNER TO hostsdb_owner;

-- Whatever was granted before goes first.
REVOKE ALL ON host_events, host_entries, snapshots, consumers, log_epoch FROM public, hostsdb_writer, hostsdb_reader;
REVOKE ALL ON host_entries_current, host_entries_history FROM public, hostsdb_writer, hostsdb_reader;
REVOKE ALL ON _yoyo_migration, _yoyo_log, _yoyo_version FROM public, hostsdb_writer, hostsdb_reader;
REVOKE ALL ON SEQUENCE host_events_number FROM public, hostsdb_writer, hostsdb_reader;
-- A role with EXECUTE on a trigger function could use it on its own table, and write host_entries with the owner's
-- privileges. Our triggers fire without EXECUTE for the writer.
REVOKE ALL ON FUNCTION
host_entries_at(timestamptz),
host_entries_guard(),
host_events_after_insert(),
host_events_before_insert(),
host_events_notify(),
log_horizon(),
log_is_restored(),
refuse_change()
FROM public, hostsdb_writer, hostsdb_reader;

-- Reading. log_epoch and the two functions let events_since know what is safe to show; the records of migrations let
-- connect() see that nothing is pending.
GRANT SELECT ON host_events, host_entries, snapshots, consumers, log_epoch TO hostsdb_writer, hostsdb_reader;
GRANT SELECT ON host_entries_current, host_entries_history TO hostsdb_writer, hostsdb_reader;
GRANT SELECT ON _yoyo_migration, _yoyo_log, _yoyo_version TO hostsdb_writer, hostsdb_reader;
GRANT EXECUTE ON FUNCTION host_entries_at(timestamptz), log_horizon(), log_is_restored()
TO hostsdb_writer, hostsdb_reader;

-- Writing. Not the column position, which the database gives.
GRANT INSERT (
    event_id,
    aggregate_id,
    event_type,
    event_version,
    ip_address,
    hostname,
    comment,
    tags,
    aliases,
    event_timestamp,
    metadata,
    created_at,
    created_by,
    expected_version
) ON host_events TO hostsdb_writer;
GRANT USAGE ON SEQUENCE host_events_number TO hostsdb_writer;
GRANT INSERT, DELETE ON snapshots TO hostsdb_writer;
GRANT INSERT, UPDATE, DELETE ON consumers TO hostsdb_writer;
