-- How many hosts an import tells of.
SELECT count(*) AS pairs
FROM (SELECT DISTINCT l.ip_address, l.hostname FROM import_lines AS l) AS told
