"""`python -m benchmarks` measures all bars, or the named ones. `--scale 0.01` makes a quick trial.

A run of all bars at full size writes benchmarks/results.json and docs/benchmarks.md. A run of some bars at full size
replaces their results there. A run at a smaller scale only prints.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator

from benchmarks import appending, chains, commands, feed, folding, name_server, reading, recording, threads
from benchmarks.databases import Databases, Sizes
from benchmarks.measuring import Figure, Form, Record
from benchmarks.report import words, write, write_again, write_page

# The order matters: bars that change a database come after bars that read it.
BARS: dict[str, Callable[[Databases], Iterator[Record]]] = {
    "starting": commands.starting,
    "recorders": recording.recorders,
    "threads": threads.threads,
    "feeding": feed.feeding,
    "waking": feed.waking,
    "importing": commands.importing,
    "folds": folding.folds,
    "past": folding.past,
    "verifying": folding.verifying,
    "dns": name_server.dns,
    "memory": commands.memory,
    "end_to_end": reading.end_to_end,
    "by_key": reading.by_key,
    "by_events": reading.by_events,
    "listing": reading.listing,
    "growth": appending.growth,
    "against_straightforward": appending.against_straightforward,
    "duckdb_maintenance": appending.duckdb_maintenance,
    "long_batches": chains.long_batches,
    "long_chain": chains.long_chain,
}


def main() -> None:
    """Measure, print, and write the results of a run at full size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BARS], metavar="NAME", help=", ".join(BARS))
    parser.add_argument("--scale", type=float, default=1.0, help="a fraction of the full size")
    parser.add_argument("--page", action="store_true", help="write the page from the results and exit")
    given = parser.parse_args()
    if given.page:
        write_page()
        return
    sizes = Sizes().scaled(given.scale)
    begun, records = time.monotonic(), []
    with Databases(sizes) as databases:
        for name in given.names or BARS:
            print(f"-- {name} ({time.monotonic() - begun:.0f} s)", flush=True)
            for record in BARS[name](databases):
                records.append(record)
                _print(record)
    print(f"-- done ({time.monotonic() - begun:.0f} s)")
    if given.scale >= 1:
        if given.names:
            write_again(records, given.names)
        else:
            write(records, sizes, time.monotonic() - begun)


def _print(record: Record) -> None:
    if isinstance(record, Figure):
        met = {True: "met", False: "MISSED", None: "-"}[record.met]
        print(f"{record.bar:2} {record.engine:8} {record.what}: {words(record)}, {met}", flush=True)
    elif isinstance(record, Form):
        equal = "" if record.equal else "NOT EQUAL "
        print(f"   {record.engine:8} {record.seconds:.3f} s {equal}{record.name}", flush=True)


if __name__ == "__main__":
    main()
