-- Where readers of the log stop, and the session that holds them back: the oldest write transaction of the cluster.
-- Every role sees its pid in pg_locks; another role's state and time only with pg_read_all_stats. gid: it is prepared.
-- Without a session there is one row with NULLs: nothing holds readers back, or this server is a standby.
SELECT
    log_horizon() AS horizon,
    (SELECT max(e.position) FROM host_events AS e) AS newest,
    (SELECT count(*) FROM host_events AS e WHERE e.position >= log_horizon()) AS hidden,
    l.pid,
    p.gid,
    coalesce(a.application_name, '') AS application_name,
    coalesce(a.datname, p.database) AS database_name,
    coalesce(a.usename, p.owner) AS role_name,
    a.state,
    coalesce(a.xact_start, p.prepared) AS since
FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::xid AS xid) AS oldest
LEFT JOIN pg_locks AS l
    ON oldest.xid = l.transactionid AND l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted
LEFT JOIN pg_stat_activity AS a ON l.pid = a.pid
LEFT JOIN pg_prepared_xacts AS p ON oldest.xid = p.transaction AND l.pid IS NULL
ORDER BY l.pid
LIMIT 1
