DROP TRIGGER domains_delete;
DROP TRIGGER domains_insert;
DROP TRIGGER records_update;
DROP TRIGGER records_refuse;
DROP TRIGGER records_insert;
DROP TRIGGER records_delete;
DROP VIEW dns_random;
DROP VIEW dns_new_events;
