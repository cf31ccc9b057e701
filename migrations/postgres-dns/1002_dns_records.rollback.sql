DROP VIEW dns.records;
DROP VIEW dns.names_above;
DROP VIEW dns.host_pointers;
DROP VIEW dns.host_addresses;
DROP TABLE dns.pending;
DROP FUNCTION dns.log_serial();
DROP VIEW dns.log_end;
DROP TABLE dns.supermasters, dns.comments, dns.tsigkeys, dns.cryptokeys, dns.domainmetadata;
DROP VIEW dns.domains;
