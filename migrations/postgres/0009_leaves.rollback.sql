DELETE FROM compatible_migrations WHERE migration_id = '0009_leaves';
DROP FUNCTION event_leaf(host_events);
DROP FUNCTION event_content(host_events);
DROP FUNCTION leaf_time(timestamptz);
DROP FUNCTION leaf_column(text);
