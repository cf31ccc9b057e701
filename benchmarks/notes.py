"""Explains each missed bar: the lower limit, and what was tried. The page prints a note only if its bar is missed.

Figures that the benchmark itself does not measure were measured on the same machine, each as a ratio in one run.
"""

# What the figures of a bar have in common, printed once before them.
COMMON: dict[int, str] = {
    10: (
        "The comparison loads rows that are ready, in a process that already runs. hostsdb starts Python (0.15 s). "
        "It reads and parses the file, and converts addresses and names to their canonical form (0.3 s). It then "
        "removes duplicates and writes two tables with all their indexes and checks."
    ),
}

NOTES: dict[tuple[int, str], str] = {
    (3, "postgres"): (
        "The lower limit is the plain INSERT, without any rule. An append is one statement, one round trip and one "
        "flush of the WAL. Concurrent writers share the flush. They do not wait for each other's locks. The writers "
        "of eventsourcing wait for its table lock. The rest is time in the server: the CHECK constraints take 23 % "
        "of it, because PostgreSQL reads and plans their expressions for every statement. The triggers before the "
        "insert take 17 %, those after it (`host_entries`, NOTIFY) 27 %, the foreign key 3 %. Kept: plain "
        "parameters instead of JSON, and one query in the trigger (0.82 of the server's time), fewer and shorter "
        "expressions for a statement with one event (0.88), one session instead of two that take turns (0.91). No "
        "gain: no SET on the notify function, WHEN on the trigger that guards `host_entries`. Triggers "
        "instead of CHECK constraints would be faster, but a CHECK is easier for a DBA to verify."
    ),
    (7, "sqlite"): (
        "The difference is a few microseconds of Python: locking and checkout of the connection 1.1, the operation "
        "as a generator and its driver 2, the values 1.1. SQLite itself takes 5.6. Kept: the busy timeout is set "
        "again only after other code had the connection, the description is read last, values are made without the "
        "constructor of the frozen class (2.49 to 1.8). A checkout without a context manager would give about 1.7, "
        "but Ctrl-C could leave the lock held."
    ),
    (8, "postgres"): (
        "The miss is within the noise: 2.9 to 3.3 from run to run. The aggregates take half of the time. The index "
        "scan of half of the log by time and the sort of the result take the rest. No gain: the latest time as "
        "text, FILTER on each aggregate, fewer aggregates (0.975 of the time), a join of the creations with the "
        "fold of the other events."
    ),
    (10, "postgres"): (
        "The statement alone takes 0.9 s: 0.17 to sort and number the rows, 0.26 for `host_entries`, the rest for "
        "the rows and their indexes. Without any one CHECK it takes at most 0.03 s less. Kept: one pattern for a "
        "line (half of the parsing time), texts to JSON without a new encoder for each (5.2 to 4.5)."
    ),
    (10, "sqlite"): (
        "Of the SQL, the indexes and `host_entries` take 0.83 s without any CHECK and any other trigger. The plain "
        "table takes 0.34 s. That is 2.4x before Python has started. Kept: CHECK constraints that test the most "
        "common values first, staged pairs in the order of their key, the parser (7.4 to 5.7). No gain: other "
        "forms of GLOB, `host_entries` WITHOUT ROWID, a larger page cache, fewer triggers."
    ),
    (10, "duckdb"): (
        "Each index costs 0.04 to 0.08 s at the commit. Without `host_entries` and its triggers, the SQL alone "
        "takes 2.05x. The CHECK constraints, the guards and the other triggers are within the noise."
    ),
}
