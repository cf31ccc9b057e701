-- Who holds lock_migrations' lock.
SELECT
    a.pid,
    a.usename,
    a.application_name,
    coalesce(a.client_addr::text, 'this host') AS client
FROM pg_locks AS l
INNER JOIN pg_stat_activity AS a ON l.pid = a.pid
WHERE
    l.locktype = 'advisory'
    AND l.granted
    AND (l.classid::bigint << 32) + l.objid::bigint = 7525360446348747264
    AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
