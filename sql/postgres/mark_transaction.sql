-- A setting that ends with the transaction. It needs no transaction id, unlike a row or a savepoint.
SELECT set_config('hostsdb.transaction', :marker, TRUE) AS marker
