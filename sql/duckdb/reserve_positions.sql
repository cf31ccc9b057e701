-- The next positions of the log, nobody else's from now on.
SELECT nextval('host_events_number') AS position
FROM range(:count)
