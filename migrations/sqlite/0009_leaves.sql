-- depends: 0008_compatibility
-- What: nothing but its own record. On the other engines, functions that compute the leaf hash of an event.
-- Why: SQLite has no SHA-256. The library computes the leaves here.
-- DBA: one row in compatible_migrations.

INSERT INTO compatible_migrations (migration_id) VALUES ('0009_leaves');
