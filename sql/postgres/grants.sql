-- What: an owner, a writer and a reader role, which cannot log in, and all rights on hostsdb's objects in the current
--       schema. A login role gets its part by: GRANT hostsdb_hosts_public_writer TO app;
-- Why:  the writer adds events and snapshots, the reader reads. Neither can change or remove an event, nor write
--       host_entries, log_epoch or the record of migrations: the triggers do, with the owner's rights.
--       After `hostsdb init --with dns` there is also a role for PowerDNS, hostsdb_<database>_<schema>_dns.
-- DBA:  run it after `hostsdb init`, and again after each new migration: psql -1 -v ON_ERROR_STOP=1 -f grants.sql
--       Running it again changes nothing. Each object is locked for a moment. Undo: REASSIGN OWNED, DROP OWNED.
--       The roles are named hostsdb_<database>_<schema>_owner, _writer and _reader. If the schema's name contains "_",
--       or a name is too long, they are named hostsdb_<hash>_owner, and so on. To choose the beginning of the names:
--       SELECT set_config('hostsdb.role_prefix', 'x', false); or hostsdb sql --grants --role-prefix x
--       Later migrations: as a member of the owner role, with ?options=-crole%3D<owner role> in the URL.

-- Roles belong to the whole cluster, so each database and schema has its own. The names go to the blocks below in
-- settings. PostgreSQL cuts names at 63 bytes. With a "_" in the schema's name, the schema b_c of the database a would
-- have the roles of the schema c of the database a_b.
DO $$
DECLARE
    given text := nullif(current_setting('hostsdb.role_prefix', TRUE), '');
    prefix text := coalesce(given, format('hostsdb_%s_%s', current_database(), current_schema()));
    part text;
    wanted text;
BEGIN
    IF octet_length(given) > 56 THEN
        RAISE EXCEPTION 'the role prefix is longer than 56 bytes' USING ERRCODE = 'name_too_long';
    END IF;
    IF given IS NULL AND (octet_length(prefix) > 56 OR strpos(current_schema(), '_') > 0) THEN
        prefix := 'hostsdb_' || md5(format('%I.%I', current_database(), current_schema()));
    END IF;
    -- A trigger of the name server's says that its schema belongs to this one.
    PERFORM set_config('hostsdb.has_dns', (EXISTS (
        SELECT FROM pg_trigger AS t
        WHERE
            t.tgrelid = to_regclass(format('%I.host_entries', current_schema())) AND t.tgname = 'dns_inserted'
    ))::text, FALSE);
    FOREACH part IN ARRAY ARRAY['owner', 'writer', 'reader', 'dns'] LOOP
        CONTINUE WHEN part = 'dns' AND NOT current_setting('hostsdb.has_dns')::boolean;
        wanted := format('%s_%s', prefix, part);
        PERFORM set_config('hostsdb.' || part, wanted, FALSE);
        IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles AS r WHERE r.rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN
                    NULL;
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION 'role % may not create the role %', current_user, wanted
                        USING ERRCODE = 'insufficient_privilege',
                            HINT = format(
                                'Ask a superuser to run this script, or: ALTER ROLE %I CREATEROLE; or to create %s, %s '
                                'and %s and to grant you the first.',
                                current_user, prefix || '_owner', prefix || '_writer', prefix || '_reader'
                            );
            END;
        END IF;
    END LOOP;
    -- Only a superuser can change an owner to a role that it is not a member of.
    wanted := current_setting('hostsdb.owner');
    IF NOT pg_has_role(
        wanted, CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END
    ) THEN
        EXECUTE format('GRANT %I TO %I', wanted, current_user);
    END IF;
END
$$;

-- From here on an unqualified name means our schema, never a temporary table. An object of another role in our schema
-- could shadow names in the owner's functions, so no other role may create one. Other schemas are not changed.
DO $$
DECLARE
    ours text := current_schema();
    owner text := current_setting('hostsdb.owner');
    writer text := current_setting('hostsdb.writer');
    reader text := current_setting('hostsdb.reader');
BEGIN
    PERFORM set_config('search_path', format('%I, pg_temp', ours), FALSE);
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM public, %I, %I', ours, writer, reader);
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO %I', ours, owner);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I, %I', ours, writer, reader);
    -- An import passes through a temporary table.
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), writer);
END
$$;

-- Each object gets the owner, and loses what was granted before.
DO $$
DECLARE
    object text;
BEGIN
    FOREACH object IN ARRAY ARRAY[
        'TABLE host_events',
        'TABLE host_entries',
        'TABLE snapshots',
        'TABLE consumers',
        'TABLE erasures',
        'TABLE erased_events',
        'TABLE replica_of',
        'TABLE compatible_migrations',
        'TABLE log_epoch',
        'TABLE _yoyo_migration',
        'TABLE _yoyo_log',
        'TABLE _yoyo_version',
        'TABLE event_contents',
        'TABLE host_entries_current',
        'TABLE host_entries_history',
        'SEQUENCE host_events_number',
        'FUNCTION erased_events_guard()',
        'FUNCTION erasures_entries()',
        'FUNCTION erasures_guard()',
        'FUNCTION host_entries_at(timestamptz)',
        'FUNCTION host_entries_guard()',
        'FUNCTION host_events_after_delete()',
        'FUNCTION host_events_after_insert()',
        'FUNCTION host_events_before_delete()',
        'FUNCTION host_events_before_insert()',
        'FUNCTION host_pair(text, text)',
        'FUNCTION is_copy()',
        'FUNCTION is_event_columns(text, text, text, text, text, text, integer)',
        'FUNCTION is_event_metadata(text)',
        'FUNCTION is_event_size(text, text, text, text, text, text, text, text, text)',
        'FUNCTION is_text_array(text)',
        'FUNCTION leaf_column(text)',
        'FUNCTION leaf_time(timestamptz)',
        'FUNCTION log_horizon()',
        'FUNCTION log_is_restored()',
        'FUNCTION log_timeline()',
        'FUNCTION refuse_change()',
        'FUNCTION snapshots_replica()',
        'FUNCTION ulid_time(text)'
    ] LOOP
        EXECUTE format('ALTER %s OWNER TO %I', object, current_setting('hostsdb.owner'));
        -- A role with EXECUTE on a trigger function could use it on its own table, and write host_entries with the
        -- owner's privileges. Our triggers fire without EXECUTE for the writer.
        EXECUTE format(
            'REVOKE ALL ON %s FROM public, %I, %I',
            object, current_setting('hostsdb.writer'), current_setting('hostsdb.reader')
        );
    END LOOP;
    IF to_regclass('yoyo_lock') IS NOT NULL THEN
        EXECUTE format('ALTER TABLE yoyo_lock OWNER TO %I', current_setting('hostsdb.owner'));
    END IF;
END
$$;

-- Reading. log_epoch, erased_events and the functions of the log let events_since know what is safe to show, and a
-- checkpoint be made. The records of migrations let connect() see that nothing is pending.
DO $$
DECLARE
    object text;
BEGIN
    FOREACH object IN ARRAY ARRAY[
        'SELECT ON host_events, host_entries, snapshots, consumers, erasures, erased_events, replica_of, log_epoch',
        'SELECT ON event_contents, host_entries_current, host_entries_history',
        'SELECT ON compatible_migrations, _yoyo_migration, _yoyo_log, _yoyo_version',
        'EXECUTE ON FUNCTION host_entries_at(timestamptz), log_horizon(), log_is_restored()',
        'EXECUTE ON FUNCTION leaf_column(text), leaf_time(timestamptz)'
    ] LOOP
        EXECUTE format(
            'GRANT %s TO %I, %I', object, current_setting('hostsdb.writer'), current_setting('hostsdb.reader')
        );
    END LOOP;
END
$$;

-- Writing. Not the columns created_at and position, which the database gives. The functions are those of the checks.
DO $$
DECLARE
    object text;
BEGIN
    FOREACH object IN ARRAY ARRAY[
        'INSERT (event_id, aggregate_id, event_type, event_version, ip_address, hostname, comment, tags, aliases, '
        'priority, event_timestamp, metadata, created_by, expected_version) ON host_events',
        'USAGE ON SEQUENCE host_events_number',
        'EXECUTE ON FUNCTION is_event_columns(text, text, text, text, text, text, integer), is_event_metadata(text), '
        'is_event_size(text, text, text, text, text, text, text, text, text), is_text_array(text)',
        'INSERT, DELETE ON snapshots',
        'INSERT, UPDATE, DELETE ON consumers'
    ] LOOP
        EXECUTE format('GRANT %s TO %I', object, current_setting('hostsdb.writer'));
    END LOOP;
END
$$;

-- The name server, where hostsdb init --with dns has run. PowerDNS's role reads and writes the schema dns alone. The
-- triggers there write the log with the owner's rights.
DO $$
DECLARE
    owner text := current_setting('hostsdb.owner');
    clients text := format('%I, %I', current_setting('hostsdb.writer'), current_setting('hostsdb.reader'));
    powerdns text := quote_ident(current_setting('hostsdb.dns', TRUE));
    object text;
BEGIN
    IF NOT current_setting('hostsdb.has_dns')::boolean THEN
        RETURN;
    END IF;
    EXECUTE format('ALTER SCHEMA dns OWNER TO %I', owner);
    FOR object IN
        SELECT format('TABLE %s', c.oid::regclass) FROM pg_class AS c
        WHERE c.relnamespace = 'dns'::regnamespace AND c.relkind IN ('r', 'v')
        UNION ALL
        SELECT format('FUNCTION %s', p.oid::regprocedure) FROM pg_proc AS p
        WHERE p.pronamespace = 'dns'::regnamespace
    LOOP
        EXECUTE format('ALTER %s OWNER TO %I', object, owner);
        EXECUTE format('REVOKE ALL ON %s FROM public, %s, %s', object, clients, powerdns);
    END LOOP;
    FOREACH object IN ARRAY ARRAY[
        format('USAGE ON SCHEMA dns TO %s, %s', clients, powerdns),
        format('SELECT ON dns.zones, dns.records TO %s', clients),
        format('SELECT ON dns.names, dns.names_current, dns.networks, dns.networks_current TO %s', clients),
        format('EXECUTE ON FUNCTION dns.host_records(text, text, text, jsonb) TO %s', clients),
        format('EXECUTE ON FUNCTION dns.networks_above(text, jsonb) TO %s', clients),
        format('INSERT (name, ns, mail, ttl, after_serial), DELETE ON dns.zones TO %I', current_setting('hostsdb.writer')),
        format('SELECT (name) ON dns.zones TO %s', powerdns),
        format('SELECT, INSERT, UPDATE, DELETE ON dns.records, dns.domains TO %s', powerdns),
        format('SELECT, INSERT, UPDATE, DELETE ON dns.domainmetadata, dns.cryptokeys TO %s', powerdns),
        format('SELECT, INSERT, UPDATE, DELETE ON dns.tsigkeys, dns.comments, dns.supermasters TO %s', powerdns),
        format('EXECUTE ON FUNCTION dns.has_longer_zone(text, text), dns.pointer_type() TO %s, %s', clients, powerdns),
        format('EXECUTE ON FUNCTION dns.log_serial(), dns.is_name(text) TO %s, %s', clients, powerdns),
        format('EXECUTE ON FUNCTION dns.canonical_address(text) TO %s, %s', clients, powerdns),
        format('EXECUTE ON FUNCTION dns.pointer(text), dns.pointer_6(text) TO %s, %s', clients, powerdns),
        format('EXECUTE ON FUNCTION dns.has_pointer(text, text) TO %s, %s', clients, powerdns),
        format('EXECUTE ON FUNCTION dns.is_stored_as_served(text, text) TO %s, %s', clients, powerdns)
    ] LOOP
        EXECUTE format('GRANT %s', object);
    END LOOP;
END
$$;
