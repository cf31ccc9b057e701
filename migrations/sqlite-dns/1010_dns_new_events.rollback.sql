DROP VIEW dns_random;
DROP VIEW dns_new_events;
