"""Why a bar is missed where it is: the floor, and what was tried. Told on the page only where the figure misses.

Figures that the benchmark itself does not take were taken on the machine of the page, each as a ratio in one run.
"""

_APPENDING = (
    "The floor is the bare INSERT in the row below it, with no rule at all. An append is one statement, one round trip "
    "and one flush; several writers share the flush and none waits for another's lock, where eventsourcing's wait for "
    "its table lock three quarters of the time. What is left is the server's time: the CHECKs take 24 % of it, for "
    "PostgreSQL plans their text anew for every statement, the trigger before the insert 14 %, the one after it "
    "(`host_entries`) 31 %, the foreign key 6 %, the notification 3 %. Kept: plain parameters instead of JSON and one "
    "query in the trigger (0.82 of the time). No gain: shorter CHECKs, no SET on the notifying function, a WHEN on the "
    "guard. The CHECKs as code in a trigger would be faster, but a DBA reads a CHECK and trusts it."
)
_LOADING = (
    "The bare way loads rows that are ready, in a process that runs; ours starts Python (0.15 s), reads, parses and "
    "canonicalises the file (0.3 s), then sorts out doubles and writes two tables with all "
    "their indexes, by every rule. {more}"
)

NOTES: dict[tuple[int, str], str] = {
    (3, "postgres"): _APPENDING,
    (7, "sqlite"): (
        "A few microseconds of Python: taking the lock and lending the connection 1.1, the operation as a generator "
        "and its driver 2, the values 1.1, beside SQLite's own 5.6. Kept: the busy timeout set only after the "
        "connection was handed out, the description read last, values without the frozen constructor (2.49 to 1.8). "
        "Lending without a context manager would give about 1.7, and could leak the lock at Ctrl-C."
    ),
    (8, "postgres"): (
        "Missed by the noise: 2.9 to 3.3 from run to run. Half of the time is the aggregates, the rest reading half of "
        "the log by its index on the time and sorting the answer. No gain: the latest time as text, FILTER on each "
        "aggregate, fewer aggregates (0.975 of the time), creations joined with the fold of the rest."
    ),
    (10, "postgres"): _LOADING.format(
        more="The statement alone takes 0.9 s: 0.17 to sort and number, 0.26 for `host_entries`, the rest for the rows "
        "and their indexes. Leaving out any one CHECK saves at most 0.03 s. Kept: lines by one pattern (half of the "
        "parsing), texts as JSON without an encoder each (5.2 to 4.5).",
    ),
    (10, "sqlite"): _LOADING.format(
        more="Of the SQL, 0.83 s are the indexes and `host_entries` with no CHECK and no other trigger, against 0.34 s "
        "of the bare table: 2.4x before Python has started. Kept: CHECKs that look at what most rows have first, "
        "staged pairs in the order of their key, the parser (7.4 to 5.7). No gain: GLOB in other forms, "
        "`host_entries` WITHOUT ROWID, a larger page cache, fewer triggers.",
    ),
    (10, "duckdb"): _LOADING.format(
        more="Each index costs 0.04 to 0.08 s at the commit; without `host_entries` and its triggers the SQL alone "
        "takes 2.05x. The CHECKs, the guards and the other triggers are within the noise.",
    ),
    (11, "duckdb"): (
        "The import is one transaction, all or nothing, and DuckDB holds the indexes of what a transaction adds in "
        "memory: 237 MB here, and as much again at the commit. With `memory_limit` it goes through at 600 MB (675 MiB "
        "at most) and fails at 500 MB, so none is set: what goes through today would then fail. The floor, the same "
        "rows into a table with a primary key alone under the lowest limit, is 275 MiB. No help: one thread, "
        "`preserve_insertion_order = false`, a statement without windows."
    ),
}
