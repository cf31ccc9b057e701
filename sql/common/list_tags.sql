-- Every host's tags, for counting.
SELECT id, tags
FROM host_entries
WHERE tags <> '[]'
