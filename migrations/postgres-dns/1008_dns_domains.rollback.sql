DROP TABLE dns.supermasters, dns.comments, dns.tsigkeys, dns.cryptokeys, dns.domainmetadata;
DROP VIEW dns.domains;
DROP FUNCTION dns.refuse_zone();
