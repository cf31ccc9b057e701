-- Two readers of one name take turns. Not a lock of the row, which would give the transaction its id at once, and hide
-- from every other reader what is written while this one works.
SELECT pg_advisory_xact_lock(1752134516, hashtext(:name))
