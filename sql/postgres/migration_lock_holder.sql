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
    AND l.classid = 1752134515
    AND l.objid = quote_ident(current_schema())::regnamespace::oid
    AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
