-- The channel of the trigger host_events_after_insert: one per schema.
DO $$
BEGIN
    EXECUTE format(
        'LISTEN %I',
        'hostsdb_events_' || (SELECT c.relnamespace FROM pg_class AS c WHERE c.oid = 'host_events'::regclass)
    );
END
$$
