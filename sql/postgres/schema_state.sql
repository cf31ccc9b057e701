-- Whether yoyo's table is there, without an error where it is not, and the server's version.
SELECT
    to_regclass('_yoyo_migration') IS NOT NULL AS has_migrations,
    current_setting('server_version_num')::int / 10000 AS major_version
