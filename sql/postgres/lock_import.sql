-- Locks an import until the end of its transaction. If another session gets the lock, the import has ended.
SELECT pg_try_advisory_xact_lock(1752134517, hashtext(:event_prefix)) AS is_locked
