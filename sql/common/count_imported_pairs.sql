-- Returns the number of pairs in an import.
SELECT count(*) AS pairs FROM import_lines
