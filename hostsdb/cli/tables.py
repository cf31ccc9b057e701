"""Tables: aligned columns on a terminal, tab-separated lines in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Generic, TypeVar

from hostsdb.cli import terminal
from hostsdb.cli.terminal import cut, folded, printable, width

T = TypeVar("T")
Pairs = Iterable[tuple[str, str]]

# The values of these columns may be cut in a table. The number is the least width that a cut column has.
_CUT = {"hostname": 24, "aliases": 10, "tags": 10, "comment": 10, "name": 10, "tag": 10, "from": 16, "to": 16}
# Of these, a record shows so many lines.
_LINES = {"aliases": 5, "tags": 5, "comment": 5}
_GAP = "  "


class Rows(Generic[T]):
    """The cells of many values. They can be iterated more than once, and are made one row at a time."""

    def __init__(self, cells: Callable[[T], Sequence[str]], values: Iterable[T]) -> None:
        self._cells, self._values = cells, values

    def __iter__(self) -> Iterator[Sequence[str]]:
        return map(self._cells, self._values)


def show_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    nothing: str,
    records: Iterable[Pairs] | None = None,
) -> None:
    """Print a table.

    On a terminal the columns are aligned, and a long value is cut with an ellipsis. If the terminal is too narrow, each
    row is printed as a record. In a pipe, the first line has the names of the columns, and each row is one line with
    tabs between the values. A control character of a value is replaced.

    Arguments:
        rows: the cells; they are iterated twice.
        nothing: what to report if there are no rows.
        records: the records of a narrow terminal, if they are not the rows. None of their values is cut.
    """
    some = next(iter(rows), None) is not None
    if not terminal.on_terminal():
        sys.stdout.writelines("\t".join(map(printable, row)) + "\n" for row in _with_head(columns, rows))
    elif some:
        _show_on_terminal(columns, rows, records)
    if not some and nothing:
        (sys.stdout if terminal.on_terminal() else sys.stderr).write(f"{nothing}\n")


def _with_head(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    yield columns
    yield from rows


def _show_on_terminal(
    columns: Sequence[str], rows: Iterable[Sequence[str]], records: Iterable[Pairs] | None
) -> None:
    widths = _fit(columns, _natural_widths(columns, rows), terminal.columns())
    if widths is not None:
        sys.stdout.writelines(_line(row, widths) for row in _with_head(columns, rows))
        return
    lines = _LINES if records is None else {}
    separator = ""
    for record in records or (zip(columns, row, strict=True) for row in rows):
        sys.stdout.write(separator)
        show_record(record, lines)
        separator = "\n"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [cut(cell, limit) for cell, limit in zip(row, widths, strict=True)]
    padded = (cell + " " * (limit - width(cell)) for cell, limit in zip(cells, widths, strict=True))
    return _GAP.join(padded).rstrip() + "\n"


def _natural_widths(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[int]:
    """Return the width of the widest cell of each column. A width above that of the terminal is not exact."""
    limit = terminal.columns() + 1
    widths = [len(column) for column in columns]
    for row in rows:
        for place, cell in enumerate(row):
            if len(cell) > widths[place] or not cell.isascii():
                widths[place] = max(widths[place], width(cut(cell, limit)))
    return widths


def _fit(columns: Sequence[str], widths: list[int], room: int) -> list[int] | None:
    """Return widths that fit into the room. None: the values would be cut too much."""
    room -= len(_GAP) * (len(columns) - 1)
    least = [min(wide, _CUT.get(column, wide)) for column, wide in zip(columns, widths, strict=True)]
    if sum(least) > room:
        return None
    while (excess := sum(widths) - room) > 0:
        # Cut the widest column that may be cut, to the width of the next one at most.
        spare = [wide if wide > low else 0 for wide, low in zip(widths, least, strict=True)]
        widest = spare.index(max(spare))
        next_one = max((wide for wide in spare if wide < spare[widest]), default=0)
        widths[widest] = max(widths[widest] - excess, next_one - 1, least[widest])
    return widths


def show_record(pairs: Pairs, lines: dict[str, int] | None = None) -> None:
    """Print names and values: on a terminal in two columns with folded lines, in a pipe with a tab between them.

    Arguments:
        pairs: names and values. On a terminal, an empty value is left out.
        lines: by name, how many lines of a value to print on a terminal. By default all lines are printed.
    """
    if not terminal.on_terminal():
        sys.stdout.writelines(f"{name}\t{printable(value)}\n" for name, value in pairs)
        return
    shown = [(name, value) for name, value in pairs if value]
    label = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        _show_value(name.ljust(label), value, (lines or {}).get(name))


def _show_value(label: str, value: str, lines: int | None) -> None:
    room = terminal.columns() - len(label) - len(_GAP)
    if lines is not None:
        value = cut(value, room * lines - lines)
    for part in islice(folded(printable(value), room), lines):
        sys.stdout.write(f"{label}{_GAP}{part}\n")
        label = " " * len(label)
