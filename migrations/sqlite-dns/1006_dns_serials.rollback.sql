DROP TABLE dns_zone_changes;
DROP VIEW dns_log_serial;
