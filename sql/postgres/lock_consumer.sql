-- Two readers of one name take turns. Not a lock of the row, which would give the transaction its id at once, and hide
-- from every other reader what is written while this one works. Each schema has its own locks. A lock of another
-- program is waited for at most :timeout; the lock_timeout of the session is set again.
WITH bounded AS MATERIALIZED (
    SELECT
        current_setting('lock_timeout') AS earlier_timeout,
        set_config('lock_timeout', :timeout, TRUE) AS new_timeout
),

locked AS MATERIALIZED (
    SELECT
        bounded.earlier_timeout,
        pg_advisory_xact_lock(
            hashtextextended(
                'hostsdb consumer ' || :name,
                (SELECT c.relnamespace::bigint FROM pg_class AS c WHERE c.oid = 'consumers'::regclass)
            )
        ) AS is_locked
    FROM bounded
)

SELECT set_config('lock_timeout', earlier_timeout, TRUE)
FROM locked
