-- Reaches a table, not only the server.
SELECT exists(SELECT 1 FROM snapshots) AS count_snapshots
