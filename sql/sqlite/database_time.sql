-- The database's clock in milliseconds since 1970. Differs because the date functions differ.
SELECT cast((julianday('now') - 2440587.5) * 86400000 AS integer) AS milliseconds
