RELEASE SAVEPOINT hostsdb_operation -- noqa: PRS
