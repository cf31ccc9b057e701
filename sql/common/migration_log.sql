-- The migrations that are applied, in that order, each with its latest log row: when, by whom, from which text.
SELECT
    m.migration_id,
    m.applied_at_utc,
    l.username,
    l.hostname,
    l.comment,
    l.operation
FROM _yoyo_migration AS m
LEFT JOIN _yoyo_log AS l
    ON
        m.migration_hash = l.migration_hash
        AND NOT EXISTS (
            SELECT 1 FROM _yoyo_log AS later
            WHERE later.migration_hash = l.migration_hash AND later.created_at_utc > l.created_at_utc
        )
ORDER BY m.applied_at_utc, m.migration_id
