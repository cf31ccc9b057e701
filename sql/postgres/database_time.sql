-- The database's clock in milliseconds since 1970. Differs because the date functions differ.
SELECT cast(extract(EPOCH FROM clock_timestamp()) * 1000 AS bigint) AS milliseconds
