-- DuckDB writes to disk what exceeds this. See import_memory for the limit.
SET memory_limit = :memory_limit
