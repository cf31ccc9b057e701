-- The names of what a new table could collide with, in lower case: DuckDB ignores the case.
SELECT lower(t.table_name) AS name
FROM duckdb_tables() AS t
WHERE t.database_name = current_database() AND t.schema_name = current_schema() AND NOT t.temporary

UNION ALL

SELECT lower(v.view_name)
FROM duckdb_views() AS v
WHERE v.database_name = current_database() AND v.schema_name = current_schema() AND NOT v.temporary
