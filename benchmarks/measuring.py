"""How figures are measured: calls in turn, round by round, and the ratio of their medians."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Call = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure, and the bar that it is held against.

    Attributes:
        bar: the bar's number in the list of bars.
        engine: where it was measured.
        what: what was measured.
        against: what it is compared with; empty where the bar is an absolute number.
        ours: the measured median, in the unit.
        theirs: what it is compared with, in the unit; None where the bar is an absolute number.
        unit: `s`, `events/s` or `MiB`.
        value: what the bar is about: a ratio, or `ours`.
        limit: the bar; None for a figure that is for comparison only.
        at_least: whether the value must not be below the limit; else not above it.
    """

    bar: int
    engine: str
    what: str
    against: str
    ours: float
    theirs: float | None
    unit: str
    value: float
    limit: float | None
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None where there is none."""
        if self.limit is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a chart: what a call costs (seconds) at a size."""

    chart: str
    engine: str
    line: str
    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Form:
    """What one way of writing the fold costs, in seconds, and whether its rows are those of host_entries_current."""

    engine: str
    name: str
    seconds: float
    equal: bool
    note: str = ""


Record = Figure | Point | Form


def slower(
    bar: int, engine: str, what: str, against: str, times: Sequence[float], limit: float | None
) -> Figure:
    """Return a figure that says how many times as long (ours, theirs) took as the other; at most `limit`."""
    ours, theirs = times
    return Figure(bar, engine, what, against, ours, theirs, "s", ours / theirs, limit)


def faster(
    bar: int, engine: str, what: str, against: str, times: Sequence[float], limit: float | None
) -> Figure:
    """Return a figure that says how many times faster ours was than theirs; at least `limit`."""
    ours, theirs = times
    return Figure(bar, engine, what, against, ours, theirs, "s", theirs / ours, limit, at_least=True)


def in_turn(rounds: int, *calls: Call, warm: int = 1) -> list[float]:
    """Return the median seconds of each call.

    The calls are made in turn, every second round in reverse order, so that what else the machine does meets all of
    them alike. Garbage is collected before each, outside the measured time.

    Arguments:
        rounds: how often each is measured.
        warm: how often each is made before, unmeasured: caches are full and statements prepared on every side.
    """
    return [statistics.median(times) for times in _times(rounds, calls, warm, collect=True)]


def p50s(rounds: int, *calls: Call, warm: int = 20) -> list[float]:
    """Return the median seconds of short calls, as in_turn does but without collecting garbage in between."""
    return [statistics.median(times) for times in _times(rounds, calls, warm, collect=False)]


def _times(rounds: int, calls: Sequence[Call], warm: int, *, collect: bool) -> list[list[float]]:
    for _ in range(warm):
        for call in calls:
            call()
    times: list[list[float]] = [[] for _ in calls]
    order = list(range(len(calls)))
    for _ in range(rounds):
        for place in order:
            if collect:
                gc.collect()
            times[place].append(seconds(calls[place]))
        order.reverse()
    return times


def seconds(call: Call) -> float:
    """Return how long a call takes; one that returns a float says itself, as a server does of its own time."""
    before = time.perf_counter()
    answer = call()
    passed = time.perf_counter() - before
    return answer if isinstance(answer, float) else passed
