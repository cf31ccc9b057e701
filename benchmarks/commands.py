"""Bars 10, 11 and 13: the command as whole processes, its time and its memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import processes, raw
from benchmarks.data import COLUMNS, Shape
from benchmarks.databases import ENGINES, Databases
from benchmarks.measuring import Figure, Record, in_turn, seconds, slower

_ALL = f"{COLUMNS}, position"
_MARKS = ", ".join("?" * len(_ALL.split(", ")))
_OUT = f"COPY (SELECT {_ALL} FROM host_events) TO STDOUT"
_LIMITS = {"postgres": 4.0, "sqlite": 4.0, "duckdb": 4.0}
# MiB.
_IMPORT_MEMORY = {"postgres": 300.0, "sqlite": 300.0, "duckdb": 700.0}
_WAYS = {
    "postgres": "COPY row by row by psycopg",
    "sqlite": "executemany by sqlite3",
    "duckdb": "INSERT-SELECT from a table in DuckDB",
}


def importing(databases: Databases) -> Iterator[Record]:
    """Yield bar 10: the whole process of an import against the same rows into a table with a primary key alone."""
    sizes = databases.sizes
    file = databases.folder / "hosts"
    processes.write_hosts_file(file, sizes.hosts)
    for engine in ENGINES:
        ours, theirs, ready = [], [], []
        for _ in range(min(sizes.rounds, 5)):
            url = databases.empty(engine, schema=True)
            ours.append(seconds(partial(processes.hostsdb, "import", str(file), "--url", url)))
            bare = databases.empty(engine)
            theirs.append(_bare(engine, url, bare))
            if engine == "postgres":
                ready.append(_ready_text(url, bare))
            databases.drop(url)
            databases.drop(bare)
        what = f"import of {sizes.hosts:,} hosts, whole process"
        yield slower(10, engine, what, _WAYS[engine], (_median(ours), _median(theirs)), _LIMITS[engine])
        if ready:
            yield slower(
                10, engine, what, "COPY of text that is ready", (_median(ours), _median(ready)), None
            )


def _median(times: list[float]) -> float:
    return sorted(times)[len(times) // 2]


def _bare(engine: str, url: str, bare: str) -> float:
    """Return the seconds of the bare way: the rows of one database into an empty one."""
    with raw.connected(url) as connection:
        rows = connection.execute(f"SELECT {_ALL} FROM host_events").fetchall()
    with raw.connected(bare) as connection:
        return seconds(_BARE[engine](connection, url, rows))


def _copy(connection: Any, url: str, rows: list[Any]) -> Callable[[], None]:
    connection.execute(f"CREATE TABLE bare ({_columns('timestamptz')}, PRIMARY KEY (event_id))")

    def copy() -> None:
        with connection.cursor() as cursor, cursor.copy(f"COPY bare ({_ALL}) FROM STDIN") as lines:
            for row in rows:
                lines.write_row(row)

    return copy


def _executemany(connection: Any, url: str, rows: list[Any]) -> Callable[[], None]:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"CREATE TABLE bare ({_columns('text')}, PRIMARY KEY (event_id)) STRICT")

    def insert() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(f"INSERT INTO bare ({_ALL}) VALUES ({_MARKS})", rows)
        connection.execute("COMMIT")

    return insert


def _insert_select(connection: Any, url: str, rows: list[Any]) -> Callable[[], None]:
    connection.execute(f"CREATE TABLE bare ({_columns('timestamptz')}, PRIMARY KEY (event_id))")
    connection.execute(f"ATTACH '{raw.path(url)}' AS other (READ_ONLY)")
    connection.execute(f"CREATE TEMPORARY TABLE given AS SELECT {_ALL} FROM other.host_events")
    return lambda: connection.execute(f"INSERT INTO bare ({_ALL}) SELECT {_ALL} FROM given")


def _columns(moment: str) -> str:
    kinds = {
        "event_timestamp": moment,
        "created_at": moment,
        "position": "bigint" if moment != "text" else "integer",
    }
    return ", ".join(f"{column} {kinds.get(column, 'text')}" for column in _ALL.split(", "))


_BARE = {"postgres": _copy, "sqlite": _executemany, "duckdb": _insert_select}


def _ready_text(url: str, bare: str) -> float:
    with raw.connected(url) as source, source.cursor().copy(_OUT) as out:
        text = b"".join(out)
    with raw.connected(bare) as connection, connection.cursor() as cursor:
        connection.execute("TRUNCATE bare")

        def copy() -> None:
            with cursor.copy(f"COPY bare ({_ALL}) FROM STDIN") as lines:
                lines.write(text)

        return seconds(copy)


def memory(databases: Databases) -> Iterator[Record]:
    """Yield bar 11: the most memory that the client's process holds."""
    sizes = databases.sizes
    file, output = databases.folder / "many_hosts", databases.folder / "output"
    processes.write_hosts_file(file, sizes.lines)
    for engine in ENGINES:
        url = databases.empty(engine, schema=True)
        what = f"import of {sizes.lines:,} lines"
        yield _peak(engine, what, _IMPORT_MEMORY[engine], "import", str(file), "--url", url)
        databases.drop(url)
        url = databases.built(engine, Shape(sizes.hosts, sizes.events))
        for name, *arguments in (("list --json", "list", "--json"), ("export", "export", str(output))):
            yield _peak(engine, f"{name} of {sizes.hosts:,} hosts", 150, *arguments, "--url", url)


def _peak(engine: str, what: str, limit: float, *arguments: str) -> Figure:
    most = processes.peak(*arguments)
    return Figure(11, engine, f"peak memory of {what}", "", most, None, "MiB", most, limit)


def starting(databases: Databases) -> Iterator[Record]:
    """Yield bar 13: what the command's start costs, against Python's own."""
    rounds = 25 if databases.sizes.rounds > 3 else 5
    file = databases.folder / "hundred"
    processes.write_hosts_file(Path(file), 100)
    url = databases.empty("sqlite", schema=True)
    processes.hostsdb("import", str(file), "--url", url)
    calls = (
        partial(processes.hostsdb, "--help"),
        partial(processes.hostsdb, "list", "--url", url),
        partial(processes.run, "-c", "pass"),
    )
    shown, listed, nothing = in_turn(rounds, *calls, warm=2)
    against = "python -c pass"
    yield slower(13, "sqlite", "python -m hostsdb --help, whole process", against, (shown, nothing), 6.0)
    yield slower(
        13, "sqlite", "python -m hostsdb list, 100 hosts, whole process", against, (listed, nothing), 10.0
    )
