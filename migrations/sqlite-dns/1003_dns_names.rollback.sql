DROP VIEW dns_names_current;
DROP TABLE dns_names;
