-- Whether yoyo's table and ours are there, without an error where they are not.
SELECT
    count(*) FILTER (WHERE table_name = '_yoyo_migration') AS has_migrations,
    count(*) FILTER (WHERE table_name = 'compatible_migrations') AS has_compatible,
    count(*) FILTER (WHERE table_name = 'host_events') AS has_events,
    0 AS major_version,
    NULL AS unusable,
    NULL AS foreign_schema
FROM duckdb_tables()
WHERE database_name = current_database() AND schema_name = current_schema()
