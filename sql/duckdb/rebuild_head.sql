-- Differs because DuckDB keeps the newest position in a table of its own, which is derived from the log as well.
-- A head that is right is not updated: its guard would refuse that.
UPDATE log_head
SET
    position = greatest(
        (SELECT coalesce(max(e.position), 0) FROM host_events AS e),
        (SELECT coalesce(max(r.position), 0) FROM erased_events AS r)
    )
WHERE
    position <> greatest(
        (SELECT coalesce(max(e.position), 0) FROM host_events AS e),
        (SELECT coalesce(max(r.position), 0) FROM erased_events AS r)
    )
