-- After an error DuckDB refuses every other statement of the transaction, and stores nothing of it.
SELECT error('hostsdb aborts this transaction') AS aborted
