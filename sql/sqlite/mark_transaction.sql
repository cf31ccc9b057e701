-- A savepoint ends with its transaction.
SAVEPOINT hostsdb_transaction -- noqa: PRS
