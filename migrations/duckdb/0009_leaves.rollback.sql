DROP MACRO event_leaf;
DROP MACRO event_content;
DROP MACRO leaf_time;
DROP MACRO leaf_column;
