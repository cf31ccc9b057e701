-- Writers wait until the transaction ends, readers do not.
LOCK TABLE host_events IN SHARE MODE
