DROP TRIGGER dns_zones_settings;
DROP TABLE supermasters;
DROP TABLE comments;
DROP TABLE tsigkeys;
DROP TABLE cryptokeys;
DROP TABLE domainmetadata;
DROP VIEW domains;
