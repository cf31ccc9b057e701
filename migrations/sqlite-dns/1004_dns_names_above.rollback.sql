DROP VIEW dns_parents_current;
DROP TRIGGER dns_names_deleted;
DROP TRIGGER dns_names_inserted;
DROP TABLE dns_parents;
