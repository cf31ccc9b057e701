-- The names of what a new table could collide with, in lower case: SQLite ignores the case.
SELECT lower(name) AS name
FROM sqlite_master
WHERE type IN ('table', 'view', 'index')
