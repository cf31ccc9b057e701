DROP TABLE dns_zones;
