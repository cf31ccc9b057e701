"""The first table of the page: what each engine takes for common work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from benchmarks.measuring import Figure

ENGINES = {"postgres": "PostgreSQL", "duckdb": "DuckDB", "sqlite": "SQLite"}
# What the page says, and how the name of the figure begins.
_WORK = [
    ("add a host, durably, to 100,000", "add_host, p50, 100,000 hosts"),
    ("append in batches of 1,000 hosts with 10 events each", "append_batch of 1,000 hosts, 10 events each"),
    ("read one host by its id", "get_by_id, p50"),
    ("read 100,000 hosts into Python", "list_all, end to end, 100,000 hosts"),
    ("the hosts in the middle of 1,000,000 events, in SQL", "get_at_time, SQL time"),
    ("import a file of 100,000 hosts, whole command", "import of 100,000 hosts, whole process"),
    ("verify 1,000,000 events", "verify, 1,000,000 events"),
    ("from a commit to a reader of the log", "from a commit to watch"),
]


def summary(figures: Sequence[Figure], amount: Callable[[float, str], str]) -> Iterator[str]:
    """Yield the lines of the table.

    Arguments:
        amount: writes a value with its unit.
    """
    yield f"| work | {' | '.join(ENGINES.values())} |\n|---|" + "---|" * len(ENGINES) + "\n"
    for words, name in _WORK:
        cells = [_cell(figures, engine, name, amount) for engine in ENGINES]
        yield f"| {words} | {' | '.join(cells)} |\n"


def _cell(figures: Sequence[Figure], engine: str, name: str, amount: Callable[[float, str], str]) -> str:
    found = [figure for figure in figures if figure.engine == engine and figure.what.startswith(name)]
    return amount(found[0].ours, found[0].unit) if found else ""
