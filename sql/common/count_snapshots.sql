SELECT count(*) AS snapshots
FROM snapshots
