DROP TRIGGER dns_zones_updated;
DROP TRIGGER dns_zones_deleted;
DROP TRIGGER dns_zones_inserted;
