SELECT snapshot_id, created_at, entry_count, "trigger", name, event_log_position
FROM snapshots
WHERE snapshot_id = :text OR name = :text
ORDER BY created_at DESC, snapshot_id DESC
