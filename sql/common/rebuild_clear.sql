-- Not TRUNCATE: readers see the old rows until the new ones are committed.
DELETE FROM host_entries
