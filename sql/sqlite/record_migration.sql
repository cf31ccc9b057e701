INSERT INTO _yoyo_migration (migration_hash, migration_id, applied_at_utc)
VALUES (:migration_hash, :migration_id, strftime('%Y-%m-%dT%H:%M:%f', 'now'))
