-- Tells two databases apart, whatever the URLs were that led to them.
SELECT
    pg_catalog.pg_postmaster_start_time() AS started_at,
    pg_catalog.current_database() AS database_name,
    pg_catalog.current_schema() AS schema_name
