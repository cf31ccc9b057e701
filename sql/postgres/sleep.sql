-- Time for short transactions to end.
SELECT pg_sleep(0.01)
