-- depends: 0009_leaves
-- What: snapshots.skipped_count, the number of live hosts that a snapshot leaves out because they cannot be read.
-- Why: an example, which CONTRIBUTING.md explains; it is not part of hostsdb.
-- DBA: a column that may be NULL, so no row is written.

-- Differs because ALTER TABLE cannot add a CHECK in DuckDB. An unsigned type refuses negative numbers too.
ALTER TABLE snapshots ADD COLUMN skipped_count UINTEGER;

-- An earlier hostsdb does not know the column, and leaves it NULL.
INSERT INTO compatible_migrations (migration_id) VALUES ('NNNN_skipped_count');
