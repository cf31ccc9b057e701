-- Differs because DuckDB keeps the newest position in a table of its own, which is derived from the log as well.
UPDATE log_head
SET position = (SELECT coalesce(max(e.position), 0) FROM host_events AS e)
