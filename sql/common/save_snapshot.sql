INSERT INTO snapshots (
    snapshot_id, created_at, hosts_content, entry_count, "trigger", name, event_log_position
)
VALUES (
    :snapshot_id, :created_at, :hosts_content, :entry_count, :trigger, :name, :event_log_position
)
