-- Returns the number of pairs in an import.
SELECT count(*) AS pairs
FROM (SELECT DISTINCT l.ip_address, l.hostname FROM import_lines AS l) AS pairs
