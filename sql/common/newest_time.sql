-- The latest created_at of all events that are visible.
SELECT max(created_at) AS created_at
FROM host_events
