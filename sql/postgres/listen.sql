-- The channel of the trigger host_events_notify.
LISTEN hostsdb_events
