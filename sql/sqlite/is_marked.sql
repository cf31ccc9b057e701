-- Fails if the transaction has ended, even if another one has begun.
RELEASE SAVEPOINT hostsdb_transaction -- noqa: PRS
