-- The memory limit for an import; NULL if none is set. DuckDB keeps the indexes of the new rows in memory: 300 bytes
-- for a host. Everything else can be written to disk, and DuckDB only does so at a limit. The limit applies to all
-- connections of the process, so none is set while there are others. A lower limit of the user stays.
WITH wanted AS (
    SELECT
        greatest(
            450000000,
            450 * ((SELECT count(*) FROM import_lines) + (SELECT count(*) FROM host_events))
        ) AS size
)

SELECT
    CASE
        WHEN
            connections.count = 1
            AND d.path IS NOT NULL
            AND parse_formatted_bytes(current_setting('memory_limit')) > wanted.size
            THEN wanted.size || 'B'
    END AS memory_limit
FROM wanted
CROSS JOIN duckdb_connection_count() AS connections
CROSS JOIN duckdb_databases() AS d
WHERE d.database_name = current_database()
