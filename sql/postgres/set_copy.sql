-- The rest of the transaction copies a log as it is: versions ahead of the clock, and into a replica. Only a member of
-- the owner of host_events has the effect; see the function is_copy().
SELECT set_config('hostsdb.copy', 'on', TRUE)
