-- The statement of get_at_time with a cursor. Differs because PostgreSQL has cursors: it reads the log once, in the
-- order that its planner chooses. Page by page took 1.5 times as long. The sort ends the fold before the first page, so
-- the plan does not depend on cursor_tuple_fraction.
DECLARE hostsdb_at_time NO SCROLL CURSOR FOR -- noqa: PRS
SELECT id, ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at, event_version, first_position
FROM host_entries_at(:moment)
ORDER BY ip_address COLLATE "C", hostname COLLATE "C"
