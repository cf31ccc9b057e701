-- depends: 0008_compatibility
-- What: nothing. On the other engines, functions that compute the leaf hash of an event.
-- Why: SQLite has no SHA-256. The library computes the leaves here.
-- DBA: no change.

SELECT 1 WHERE FALSE;
