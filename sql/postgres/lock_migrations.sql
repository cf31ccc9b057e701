-- Any number that no other program takes: "hostsdb" and a zero byte. The lock ends with the transaction, also when its
-- holder is killed, and goes through a pooler that lends connections by the transaction.
SELECT pg_advisory_xact_lock(7525360446348747264)
