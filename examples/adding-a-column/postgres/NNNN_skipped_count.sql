-- depends: 0009_leaves
-- What: snapshots.skipped_count, the number of live hosts that a snapshot leaves out because they cannot be read.
-- Why: an example, which CONTRIBUTING.md explains; it is not part of hostsdb.
-- DBA: a column that may be NULL, so no row is written. Locks snapshots (ACCESS EXCLUSIVE) to check it.

ALTER TABLE snapshots
ADD COLUMN skipped_count bigint CONSTRAINT snapshots_skipped_count CHECK (skipped_count >= 0);
COMMENT ON COLUMN snapshots.skipped_count IS 'The number of hosts that could not be read; NULL: not known.';

-- An earlier hostsdb does not know the column, and leaves it NULL.
INSERT INTO compatible_migrations (migration_id) VALUES ('NNNN_skipped_count');
