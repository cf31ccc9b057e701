-- The database's clock in milliseconds since 1970. Differs because the date functions differ.
SELECT epoch_ms(now()) AS milliseconds
