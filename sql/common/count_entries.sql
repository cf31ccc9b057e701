SELECT count(*) AS entries
FROM host_entries
