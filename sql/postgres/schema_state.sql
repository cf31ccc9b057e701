-- Which tables of yoyo and of hostsdb are in the current schema, without an error where they are not, and the server's
-- version. unusable: the first existing schema of the search_path, if this role has no USAGE on it; the server then
-- passes it over. foreign: the later schema in which the search_path finds host_events. It belongs to somebody else.
WITH path AS (
    SELECT
        s.place,
        CASE coalesce(replace(s.names[1], '""', '"'), lower(s.names[2]))
            WHEN '$user' THEN current_user
            ELSE coalesce(replace(s.names[1], '""', '"'), lower(s.names[2]))
        END AS name
    FROM
        regexp_matches(current_setting('search_path'), '"((?:[^"]|"")+)"|([^",\s]+)', 'g')
        WITH ORDINALITY AS s (names, place)
)

SELECT
    count(*) FILTER (WHERE c.relname = '_yoyo_migration') AS has_migrations,
    count(*) FILTER (WHERE c.relname = 'compatible_migrations') AS has_compatible,
    count(*) FILTER (WHERE c.relname = 'host_events') AS has_events,
    current_setting('server_version_num')::int / 10000 AS major_version,
    (
        SELECT f.name
        FROM (
            SELECT p.name
            FROM path AS p
            INNER JOIN pg_namespace AS s ON p.name = s.nspname
            ORDER BY p.place
            LIMIT 1
        ) AS f
        WHERE f.name IS DISTINCT FROM current_schema()
    ) AS unusable,
    (
        SELECT o.nspname
        FROM pg_class AS h
        INNER JOIN pg_namespace AS o ON h.relnamespace = o.oid
        WHERE h.oid = to_regclass('host_events') AND h.relpersistence <> 't' AND o.nspname <> current_schema()
    ) AS foreign_schema
FROM pg_class AS c
INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
WHERE n.nspname = current_schema() AND c.relname IN ('_yoyo_migration', 'compatible_migrations', 'host_events')
