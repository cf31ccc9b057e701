-- Whether yoyo's table and ours are there, without an error where they are not.
SELECT
    count(*) FILTER (WHERE name = '_yoyo_migration') AS has_migrations,
    count(*) FILTER (WHERE name = 'compatible_migrations') AS has_compatible,
    count(*) FILTER (WHERE name = 'host_events') AS has_events,
    0 AS major_version,
    NULL AS unusable,
    NULL AS foreign_schema
FROM sqlite_master
WHERE type = 'table'
