-- Whether yoyo's table is there, without an error where it is not.
SELECT
    count(*) AS has_migrations,
    0 AS major_version
FROM sqlite_master
WHERE type = 'table' AND name = '_yoyo_migration'
