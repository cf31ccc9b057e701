SELECT count(*) AS events
FROM host_events
