-- Replace the content of a snapshot: only an erasure changes a snapshot.
UPDATE snapshots
SET hosts_content = :hosts_content, entry_count = :entry_count
WHERE snapshot_id = :snapshot_id
