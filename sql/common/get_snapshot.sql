SELECT snapshot_id, created_at, hosts_content, entry_count, "trigger", name, event_log_position
FROM snapshots
WHERE snapshot_id = :snapshot_id
