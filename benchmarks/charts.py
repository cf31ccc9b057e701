"""The charts of cost against size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # after use()

from benchmarks.measuring import Point


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: file name, title, label of the horizontal axis, and its text on the page."""

    name: str
    title: str
    axis: str
    words: str


CHARTS = (
    Chart(
        "append",
        "One append with all checks",
        "hosts, 10 events each",
        "One durable append with all checks.",
    ),
    Chart("list_all", "list_all, SQL time", "hosts, 10 events each", "The current state of all hosts."),
    Chart(
        "get_at_time", "get_at_time, SQL time", "hosts, 10 events each", "The state in the middle of the log."
    ),
    Chart(
        "events",
        "The same hosts with more events",
        "events a host, 10,000 hosts",
        "The cost of a long history: the same hosts with 1 event each and with 50.",
    ),
)
_ENGINES = ("postgres", "sqlite", "duckdb")
_STYLES = {"straightforward": {"color": "#c44e52", "linestyle": "--"}, "hostsdb": {"color": "#2f6db3"}}


def draw(points: Iterable[Point], folder: Path) -> None:
    """Draw every chart into a folder, an SVG file each, the same points as the same bytes."""
    matplotlib.rcParams["svg.hashsalt"] = "hostsdb"
    matplotlib.rcParams["svg.fonttype"] = "none"
    folder.mkdir(exist_ok=True)
    points = list(points)
    for chart in CHARTS:
        _draw(chart, [point for point in points if point.chart == chart.name], folder / f"{chart.name}.svg")


def _draw(chart: Chart, points: list[Point], file: Path) -> None:
    figure, axes = pyplot.subplots(1, len(_ENGINES), figsize=(10, 3.2), sharey=True, layout="constrained")
    figure.suptitle(chart.title)
    for axis, engine in zip(axes, _ENGINES, strict=True):
        axis.set(title=engine, xlabel=chart.axis, xscale="log", yscale="log")
        axis.grid(visible=True, alpha=0.3)
        for line in dict.fromkeys(p.line for p in points):
            values = sorted(
                (p.size, p.seconds * 1000) for p in points if (p.engine, p.line) == (engine, line)
            )
            axis.plot(*zip(*values, strict=True), marker="o", label=line, **_STYLES.get(line, {}))
    axes[0].set_ylabel("milliseconds")
    axes[-1].legend(loc="best", fontsize="small")
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)
