DELETE FROM compatible_migrations WHERE migration_id = '0009_leaves';
