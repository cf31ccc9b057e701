DROP VIEW event_contents;
DROP MACRO leaf_time;
DROP MACRO leaf_column;
