-- What is another after a snapshot was added or deleted.
SELECT
    count(*) AS snapshots,
    max(snapshot_id) AS newest
FROM snapshots
