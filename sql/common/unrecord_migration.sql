DELETE FROM _yoyo_migration
WHERE migration_hash = :migration_hash
