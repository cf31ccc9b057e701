DROP TRIGGER zones_changed ON dns.zones;
DROP TRIGGER zones_after_change ON dns.zones;
DROP TRIGGER zones_before_change ON dns.zones;
DROP FUNCTION dns.zones_changed();
DROP FUNCTION dns.rebuild_names();
DROP FUNCTION dns.zones_after_change();
DROP FUNCTION dns.zones_before_change();
DROP FUNCTION dns.lock_log();
DROP FUNCTION dns.log_schema();
