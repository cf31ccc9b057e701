-- The next page of map_at_time.
FETCH 2000 FROM hostsdb_at_time -- noqa: PRS
