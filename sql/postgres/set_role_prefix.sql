-- The beginning of the names of the roles in grants.sql.
SELECT set_config('hostsdb.role_prefix', :role_prefix, FALSE)
