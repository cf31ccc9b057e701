-- depends: 0009_leaves
-- What: snapshots.skipped_count, the number of live hosts that a snapshot leaves out because they cannot be read.
-- Why: an example, which CONTRIBUTING.md explains; it is not part of hostsdb.
-- DBA: a column that may be NULL, so no row is written.

ALTER TABLE snapshots
ADD COLUMN skipped_count INTEGER CONSTRAINT snapshots_skipped_count CHECK (skipped_count >= 0);

-- An earlier hostsdb does not know the column, and leaves it NULL.
INSERT INTO compatible_migrations (migration_id) VALUES ('NNNN_skipped_count');
