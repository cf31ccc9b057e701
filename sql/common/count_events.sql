SELECT count(*) AS events
FROM host_events
WHERE aggregate_id = :aggregate_id
