-- Newest first, without the content.
SELECT snapshot_id, created_at, entry_count, "trigger", name, event_log_position
FROM snapshots
ORDER BY created_at DESC, snapshot_id DESC
LIMIT :limit OFFSET :offset
