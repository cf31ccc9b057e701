ALTER TABLE snapshots DROP COLUMN skipped_count;

DELETE FROM compatible_migrations WHERE migration_id = 'NNNN_skipped_count';
