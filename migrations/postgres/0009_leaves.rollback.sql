DROP VIEW event_contents;
DROP FUNCTION leaf_time(timestamptz);
DROP FUNCTION leaf_column(text);
