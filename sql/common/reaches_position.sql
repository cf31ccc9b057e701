-- Whether the log has got as far as a position.
SELECT coalesce(max(position), -1) >= :position AS reached
FROM host_events
