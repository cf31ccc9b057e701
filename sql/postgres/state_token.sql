-- What is another after each change of the hosts. Differs because transactions commit out of order here: an event may
-- become visible below the newest one. Then its transaction was open in the snapshot of the earlier token, :snapshot.
-- A standby does not list open transactions, so the end of the complete log counts there. Another server, or another
-- start of it, may have lost events below the newest one.
WITH epoch AS (
    SELECT coalesce(max(l.xid_offset), 0) AS xid_offset
    FROM log_epoch AS l
),

newest AS (
    SELECT e.position, e.event_id
    FROM host_events AS e
    ORDER BY e.position DESC
    LIMIT 1
),

late AS (
    SELECT found.position
    FROM pg_snapshot_xip(:snapshot::pg_snapshot) AS xip (xid)
    CROSS JOIN epoch
    CROSS JOIN
        LATERAL (
            SELECT e.position
            FROM host_events AS e
            WHERE e.position >= ((xip.xid::text::bigint + epoch.xid_offset) << 22)
            ORDER BY e.position
            LIMIT 1
        ) AS found
    WHERE found.position < ((xip.xid::text::bigint + epoch.xid_offset + 1) << 22)
)

SELECT
    concat_ws(' ', extract(EPOCH FROM pg_postmaster_start_time()), epoch.xid_offset) AS server_start,
    newest.position,
    newest.event_id,
    CASE
        WHEN pg_is_in_recovery() THEN (SELECT max(e.position) FROM host_events AS e WHERE e.position < log_horizon())
    END AS complete_to,
    pg_current_snapshot()::text AS seen_by,
    (SELECT count(*) FROM late) > 0 AS is_late
FROM epoch LEFT JOIN newest ON TRUE
