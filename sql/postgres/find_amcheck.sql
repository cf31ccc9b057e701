-- Until the end of the transaction, only names in the schema of amcheck are found. It may be in any schema, and plain
-- SQL can name a function only by a fixed schema.
SELECT set_config('search_path', quote_ident(n.nspname), TRUE) AS search_path
FROM pg_extension AS x
INNER JOIN pg_namespace AS n ON x.extnamespace = n.oid
WHERE x.extname = 'amcheck'
