-- The applied migrations that an earlier hostsdb can live with.
SELECT migration_id
FROM compatible_migrations
