-- Deletes what is older than a moment, and what is not among the newest max_count, in one statement.
DELETE FROM snapshots
WHERE
    created_at < :oldest
    OR snapshot_id IN (
        SELECT s.snapshot_id
        FROM snapshots AS s
        ORDER BY s.created_at DESC, s.snapshot_id DESC
        LIMIT 9223372036854775807 OFFSET :max_count
    )
RETURNING snapshot_id
