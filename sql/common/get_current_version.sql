-- The version after the host's latest event, a deletion included; NULL for no such host.
SELECT max(event_version) AS event_version
FROM host_events
WHERE aggregate_id = :aggregate_id
