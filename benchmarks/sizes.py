"""`python -m benchmarks.sizes` measures PostgreSQL at growing sizes, and writes the table of docs/sizes.md.

It takes about an hour and 40 GiB of disk with 1,000,000 hosts. `--hosts 1000 10000` measures other sizes, and only
prints.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

import hostsdb
from benchmarks import data, processes
from benchmarks.databases import Databases, Sizes
from benchmarks.measuring import seconds
from benchmarks.report import ROOT

_HOSTS = (1_000, 10_000, 100_000, 1_000_000)
_EVENTS = 10
_PAGE = ROOT / "docs" / "sizes.md"
_BEGIN, _END = "<!-- the table of benchmarks.sizes -->\n", "<!-- end -->\n"
_CALLS = 200


def main() -> None:
    """Measure each size in a database of its own. Write the page if the sizes are the usual ones."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sizes", description=__doc__)
    parser.add_argument("--hosts", nargs="+", type=int, default=list(_HOSTS))
    hosts = parser.parse_args().hosts
    with Databases(Sizes()) as databases:
        columns = [_measure(databases, count) for count in hosts]
    table = _table(hosts, columns)
    print(table)
    if tuple(hosts) == _HOSTS:
        before, rest = _PAGE.read_text().split(_BEGIN)
        _PAGE.write_text(before + _BEGIN + table + _END + rest.split(_END)[1])


def _measure(databases: Databases, hosts: int) -> dict[str, str]:
    shape = data.Shape(hosts, _EVENTS)
    url = databases.empty("postgres")
    found: dict[str, str] = {}

    def note(what: str, value: str) -> None:
        found[what] = value
        print(f"{hosts:>9,} {what}: {value}", flush=True)

    note("load all events, with all checks", _time(seconds(lambda: data.build(url, shape))))
    with psycopg.connect(url) as connection:
        size, indexes = connection.execute(
            "SELECT pg_database_size(current_database()), sum(pg_indexes_size(oid)) FROM pg_class"
            " WHERE relname IN ('host_events', 'host_entries')"
        ).fetchone() or (0, 0)
    note("database on disk", f"{size / 2**20:,.0f} MiB")
    note("of this, indexes", f"{indexes / 2**20:,.0f} MiB")
    with hostsdb.connect(url) as storage:
        _calls(storage, shape, note)
    with TemporaryDirectory() as folder:
        _commands(url, databases, Path(folder), shape, note)
    databases.drop(url)
    return found


def _calls(storage: hostsdb.Storage, shape: data.Shape, note: Callable[[str, str], None]) -> None:
    numbers = itertools.count()
    ids = [data.host_id(shape.hosts * n // _CALLS) for n in range(_CALLS)]
    one = itertools.cycle(ids)
    after = storage.search(hostsdb.HostFilter(), limit=max(1, min(shape.hosts // 2, 10_000)))[-1]
    middle = shape.middle()
    note("add a host", _p50(lambda: storage.add_host("192.0.2.1", f"new-{next(numbers)}.example.net")))
    note("change a host", _p50(lambda: storage.update_host(next(one), comment=f"number {next(numbers)}")))
    note("read a host by its id", _p50(lambda: storage.get_by_id(next(one))))
    note("read all events of a host", _p50(lambda: storage.load_events(next(one))))
    note("first page of 100 hosts", _p50(lambda: storage.search(hostsdb.HostFilter(), limit=100)))
    note("a later page", _p50(lambda: storage.search(hostsdb.HostFilter(), limit=100, after=after)))
    note("the newest 100 events", _p50(lambda: storage.events_since(storage.log_end() - 100, 100)))
    note("all hosts", _time(seconds(storage.list_all)))
    note("all hosts at a past moment", _time(seconds(lambda: storage.get_at_time(middle))))


def _commands(
    url: str, databases: Databases, folder: Path, shape: data.Shape, note: Callable[[str, str], None]
) -> None:
    checkpoint, copy = str(folder / "checkpoint"), databases.empty("postgres")
    day = shape.middle().isoformat()
    commands = {
        "hostsdb export": ("export", str(folder / "hosts"), "--url", url),
        "hostsdb at": ("at", day, "--url", url),
        "hostsdb verify": ("verify", "--url", url),
        "hostsdb checkpoint, the first": ("checkpoint", checkpoint, "--url", url),
        "hostsdb checkpoint, the next": ("checkpoint", checkpoint, "--url", url),
        "hostsdb verify --checkpoint": ("verify", "--checkpoint", checkpoint, "--url", url),
        "hostsdb copy": ("copy", url, copy),
        "hostsdb copy, again": ("copy", url, copy),
    }
    for what, arguments in commands.items():
        memory = 0.0

        def run(arguments: tuple[str, ...] = arguments) -> None:
            nonlocal memory
            memory = processes.peak(*arguments)

        note(what, f"{_time(seconds(run))}, {memory:,.0f} MiB")
    databases.drop(copy)


def _p50(call: Callable[[], object]) -> str:
    for _ in range(20):
        call()
    return _time(statistics.median(seconds(call) for _ in range(_CALLS)))


def _time(passed: float) -> str:
    if passed < 1.0:
        return f"{passed * 1000:.3g} ms"
    return f"{passed:.1f} s" if passed < 120 else f"{passed / 60:.1f} min"


def _table(hosts: list[int], columns: list[dict[str, str]]) -> str:
    lines = [
        "| hosts | " + " | ".join(f"{count:,}" for count in hosts) + " |",
        "|---|" + "---:|" * len(hosts),
    ]
    lines.append("| events | " + " | ".join(f"{count * _EVENTS:,}" for count in hosts) + " |")
    lines += (f"| {what} | " + " | ".join(column[what] for column in columns) + " |" for what in columns[0])
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    main()
