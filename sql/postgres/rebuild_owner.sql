-- Who owns host_entries, and whether the role that asks has the owner's rights.
SELECT
    pg_get_userbyid(c.relowner) AS owner_name,
    pg_has_role(c.relowner, 'USAGE') AS may_rebuild
FROM pg_class AS c
WHERE c.oid = 'host_entries'::regclass
