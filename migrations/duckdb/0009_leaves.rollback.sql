DELETE FROM compatible_migrations WHERE migration_id = '0009_leaves';
DROP MACRO event_leaf;
DROP MACRO event_content;
DROP MACRO leaf_time;
DROP MACRO leaf_column;
