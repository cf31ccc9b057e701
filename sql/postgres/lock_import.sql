-- Held until the import's transaction has ended, one way or the other: whoever gets it then finds all there is to find.
SELECT pg_try_advisory_xact_lock(1752134517, hashtext(:event_prefix)) AS held
