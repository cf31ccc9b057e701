-- What the library relies on, whatever the server, the database or the role sets. PgBouncer in transaction mode keeps
-- the first three for each client. It does not keep the others, and would pass them on to other clients, so :is_pooled
-- leaves them out: no statement depends on them, except that a standby refuses serializable transactions.
SELECT
    set_config('TimeZone', 'UTC', FALSE),
    set_config('DateStyle', 'ISO, MDY', FALSE),
    set_config('standard_conforming_strings', 'on', FALSE),
    CASE WHEN NOT :is_pooled THEN set_config('IntervalStyle', 'postgres', FALSE) END,
    CASE WHEN NOT :is_pooled THEN set_config('default_transaction_isolation', 'read committed', FALSE) END
