-- A setting that ends with the transaction. It needs no transaction id, unlike a row or a savepoint. Differs because
-- only a PostgreSQL server may be a standby: its transactions are read-only.
SELECT
    set_config('hostsdb.transaction', :marker, TRUE) AS marker,
    current_setting('transaction_read_only') = 'on' AS is_read_only
