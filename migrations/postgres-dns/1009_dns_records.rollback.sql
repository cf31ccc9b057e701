DROP VIEW dns.records;
DROP TABLE dns.pending;
