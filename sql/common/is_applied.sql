SELECT count(*) AS applied
FROM _yoyo_migration
WHERE migration_id = :migration_id
