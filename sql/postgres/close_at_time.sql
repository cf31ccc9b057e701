-- In a caller's transaction the cursor would stay open.
CLOSE hostsdb_at_time -- noqa: PRS
