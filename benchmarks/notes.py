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
        "The flush decides. In this run it took 0.3 ms, and the CPU time of the two processors is what is compared. "
        "With a flush of 2 ms the ratios were 1.01, 1.12 and 3.18. "
        "eventsourcing runs its INSERT behind a table lock. The notes on 19 and 21 say what an append of hostsdb does. "
        "The writers of hostsdb do not wait for each other's locks: of 157 samples of 8 writers 143 waited for the "
        "flush of the WAL, one for its write, none for a lock or for NOTIFY. They share a flush."
    ),
    (5, "sqlite"): (
        "The miss is within the noise: 1.7 to 1.9 from run to run. The values of a host take 3.8 microseconds: "
        "its aliases from JSON 1.5, two times from text 1.0, the object and its fields 1.0. Kept: no call for "
        "each time, no constructor (4.5 to 3.8), no garbage collection meanwhile, a cache of tags."
    ),
    (7, "sqlite"): (
        "The difference is Python. Of 14.5 microseconds SQLite itself takes 6.0, the values of the host 1.9, the "
        "lock and checkout of the connection 1.9, the look whether another file has taken the place of the open "
        "one 1.2 (one system call), the check of the arguments 1.4, the operation as a generator and its driver "
        "2. The lower limit is 1.5: SQLite, that system call and the values alone. Kept: no object for retries "
        "before the first failure, no call for an argument of the exact type, the canonical forms only after a "
        "miss (2.8 to 2.5 and 3.3 to 2.6 in one run), values without the constructor of the frozen class. A "
        "checkout without a context manager would give 0.1 less, but Ctrl-C could leave the lock held."
    ),
    (8, "postgres"): (
        "2.3 to 2.9 from run to run, on a machine whose speed changes. The aggregates take half of the time. The index "
        "scan of half of the log by time and the sort of the result take the rest. No gain: the latest time as "
        "text, FILTER on each aggregate, fewer aggregates (0.975 of the time), a join of the creations with the "
        "fold of the other events."
    ),
    (9, "sqlite"): "The miss is within the noise: 1.05 in another run. Both forms are the same fold.",
    (10, "postgres"): (
        "The statement alone takes 0.9 s: 0.17 to sort and number the rows, 0.26 for `host_entries`, the rest for "
        "the rows and their indexes. Without any one CHECK it takes at most 0.03 s less. Kept: one pattern for a "
        "line (half of the parsing time), texts to JSON without a new encoder for each (5.2 to 4.5), a hash join "
        "that finds the new hosts before they are sorted (0.71 of the time of the SELECT, 0.04 s). No gain: lines "
        "that go to COPY while the next ones are read."
    ),
    (10, "sqlite"): (
        "Of 3.0 s of CPU time in the process, the statement takes 2.2, the parser 0.2, the staging 0.4. Without "
        "any trigger the statement takes 0.8 s, without triggers and CHECK constraints 0.54: the table, its "
        "indexes and the order. The trigger that writes `host_entries` takes 0.6 s, the one of the chain 0.2, the "
        "one of JSON 0.15, the CHECK constraints 0.25. Kept: CHECK constraints that test the most common values "
        "first, staged pairs in the order of their key, the parser (7.4 to 5.7). No gain: other forms of GLOB, "
        "`host_entries` WITHOUT ROWID, a larger page cache, fewer triggers."
    ),
    (12, "postgres"): (
        "3.8 in the run of all bars, and 2.9 when the same checks ran alone right after it: 1.1 s for the "
        "predecessors, 1.0 for the fold, 0.6 for the pairs, 0.25 for the successors, 0.14 for the positions. 2.6 in "
        "an earlier run."
    ),
    (13, "sqlite"): (
        "8.3 in an earlier run. Imports are most of it: of 100 ms under `-X importtime` 50 are the library's own "
        "modules, 19 of these the classes of its values, and 17 are click."
    ),
    (12, "duckdb"): "The miss is within the noise: 2.97 in an earlier run.",
    (12, "sqlite"): (
        "The miss is within the noise: 2.6 in another run. The checks read the log once for the chains, once for the "
        "content and once for the fold. Kept: pairs are replayed only for hosts that share a hostname (3.9 s to 1.1)."
    ),
    (10, "duckdb"): (
        "Of 1.9 s of CPU time in the process, the commit takes 0.64, the statement 0.54, the staging 0.3, the "
        "parser 0.2. Each index costs 0.04 to 0.08 s at the commit. Without `host_entries` and its triggers, the "
        "SQL alone takes 2.05x. The CHECK constraints, the guards and the other triggers are within the noise."
    ),
    (14, "duckdb"): (
        "An append is one statement. DuckDB plans it with the bodies of all triggers that may fire, those of the "
        "tables that they write included, and plans it again for each call. Of 20 ms of CPU time on a busy "
        "machine, where the bare INSERT takes 2, the constraints and indexes take 2, the guards of `host_entries` "
        "and `log_head` 6, the triggers that maintain `host_entries` 4, those that check the event 4, the "
        "position 1. The lower limit is 2: all triggers dropped. No gain: PREPARE and EXECUTE (it is planned "
        "again), one upsert instead of two triggers (planned as MERGE, as slow), fewer optimizers (0.8 of the "
        "time, but the setting applies to the whole process). Guards without transition tables would take 0.94 of "
        "the time."
    ),
    (19, "postgres"): (
        "Both sides have one round trip, one commit and one flush. In this run a flush took 0.3 ms; with one of 2 ms "
        "the figure was 0.73. The rest is the CPU time of the server, measured when it was less busy: 19 µs for the "
        "bare INSERT, 340 µs for an append, 61 µs for an append without any rule, trigger and second index. A profile "
        "of an append: 20 % CHECK constraints (half of it to read their stored expressions, which PostgreSQL does for "
        "each statement), 19 % the trigger before the insert, 26 % the one after it (`host_entries`, NOTIFY), 3 % the "
        "foreign key, 15 % protocol and commit. Kept: plain parameters instead of JSON, one query in the trigger "
        "(0.82 of the server's time), fewer expressions for a statement with one event (0.88), two trigger functions "
        "fewer, and a version's time by five digits (0.93). No gain: functions without SET search_path, ORDER BY with "
        "LIMIT instead of max(), WHEN on the trigger that guards `host_entries`. Not kept: one CHECK that calls one "
        "function (0.80, but a call for each row of an import takes longer); the rules of content in the query of the "
        "trigger (0.79). A CHECK also holds where no trigger fires: in a restore, on a subscriber of logical "
        "replication. A DBA verifies it more easily."
    ),
    (21, "postgres"): (
        "write_message checks the expected version, and maintains three indexes. It has no rules for the content, "
        "no current state, and no notification; a lock for each category makes its writers wait for each other's "
        "flush. CPU time of one append, server and client: 79 and 72 µs for write_message by psycopg, 340 and 250 µs "
        "for append_event. In a loop without a server the library's own Python takes 55 µs; the rest of the client's "
        "time is psycopg, and caches that are cold after each wait. See 19 for the server. In this run a flush took "
        "0.3 ms. With one of 2 ms the figures were 0.80, 0.84 and 1.60: there 8 clients of hostsdb share a flush."
    ),
    (20, "sqlite"): (
        "1.56 to 1.72 from run to run. The rows of names are written by a trigger for each host, and each name needs "
        "the zone that it is in."
    ),
    (22, "postgres"): (
        "Threads that would wait for a connection share a statement: 16 appends a statement with 32 threads, 8 with "
        "16 threads. With at most 10 threads, the connections of the pool, nothing changes. 1.65 to 2.33 from run to "
        "run; with a fast flush Python is the limit: a batch of 16 takes the server 1.3 of 5 ms, and the threads "
        "share one interpreter. `append_batch` is the upper limit: there no thread wakes another one."
    ),
}
