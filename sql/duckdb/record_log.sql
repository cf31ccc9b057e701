-- What was done with a migration, by whom, and from which text: the comment is its checksum.
INSERT INTO _yoyo_log (id, migration_hash, migration_id, operation, username, hostname, comment, created_at_utc)
VALUES (
    uuid()::VARCHAR,
    :migration_hash,
    :migration_id,
    :operation,
    :username,
    :hostname,
    :checksum,
    make_timestamp(epoch_us(now()))
)
