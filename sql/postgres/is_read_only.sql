-- A standby, or a server, database or role with default_transaction_read_only.
SELECT current_setting('transaction_read_only') = 'on' AS is_read_only
