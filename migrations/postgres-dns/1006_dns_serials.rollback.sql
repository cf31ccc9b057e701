DROP TABLE dns.zone_changes;
DROP TRIGGER dns_epoch_raised ON log_epoch;
DROP FUNCTION dns.epoch_raised();
DROP FUNCTION dns.log_serial();
DROP TABLE dns.serial_gaps;
DROP VIEW dns.log_end;
DROP VIEW dns.log_last;
