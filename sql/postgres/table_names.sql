-- The names of what a new table could collide with.
SELECT c.relname AS name
FROM pg_class AS c
INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
WHERE n.nspname = current_schema()
