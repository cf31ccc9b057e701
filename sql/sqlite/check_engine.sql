-- What SQLite finds wrong in the file: damaged pages, indexes that do not fit their tables, values that a CHECK
-- refuses.
SELECT c.integrity_check AS words
FROM pragma_integrity_check(:limit) AS c
WHERE c.integrity_check <> 'ok'
