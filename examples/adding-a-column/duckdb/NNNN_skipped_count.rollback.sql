-- Differs because DuckDB drops no column of a table that has an index.
DROP INDEX idx_snapshots_created;
ALTER TABLE snapshots DROP COLUMN skipped_count;
CREATE INDEX idx_snapshots_created ON snapshots (created_at DESC);

DELETE FROM compatible_migrations WHERE migration_id = 'NNNN_skipped_count';
