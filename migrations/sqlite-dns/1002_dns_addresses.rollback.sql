DROP VIEW dns_addresses;
