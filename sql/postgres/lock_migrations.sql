-- The first number is any that no other program takes, the second the schema: two schemas may migrate at the same time.
-- The lock ends with the transaction, also when its holder is killed, and goes through a pooler that assigns
-- connections by the transaction.
SELECT pg_advisory_xact_lock(1752134515, quote_ident(current_schema())::regnamespace::oid::integer)
