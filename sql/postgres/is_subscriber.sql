-- Whether logical replication adds events here. They become visible in the order of the commits, not of position. Every
-- role may read pg_subscription_rel.
SELECT count(*) > 0 AS is_subscriber
FROM pg_subscription_rel
WHERE srrelid = 'host_events'::regclass
