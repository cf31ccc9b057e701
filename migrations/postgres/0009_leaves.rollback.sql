DROP FUNCTION event_leaf(host_events);
DROP FUNCTION event_content(host_events);
DROP FUNCTION leaf_time(timestamptz);
DROP FUNCTION leaf_column(text);
