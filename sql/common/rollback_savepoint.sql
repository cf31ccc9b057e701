ROLLBACK TO SAVEPOINT hostsdb_operation -- noqa: PRS
