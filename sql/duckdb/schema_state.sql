-- Whether yoyo's table is there, without an error where it is not.
SELECT
    count(*) AS has_migrations,
    0 AS major_version
FROM duckdb_tables()
WHERE table_name = '_yoyo_migration'
