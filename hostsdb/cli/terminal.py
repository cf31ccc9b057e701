"""Text for a terminal. A stored text may contain characters that control the terminal; none of them is printed."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import TextIO
from unicodedata import combining, east_asian_width

_NARROWEST = 20
# So many rows that cannot be read are reported one by one.
_REPORTS = 20


def on_terminal() -> bool:
    """Return whether standard output is a terminal."""
    return sys.stdout.isatty()


def columns() -> int:
    """Return the width of the terminal."""
    return max(shutil.get_terminal_size().columns, _NARROWEST)


def printable(text: str, keep: str = "") -> str:
    """Replace all characters that can control a terminal or change the order of its text.

    Arguments:
        keep: characters that stay, for example line ends.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else "\N{REPLACEMENT CHARACTER}" for c in text)


def printable_json(text: str) -> str:
    """Return JSON with the same value, in which no character can control a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def to_stderr(message: str) -> None:
    """Print a line on standard error. If nobody can read it, the command goes on."""
    try:
        # Not click.echo: it writes past the object with which rich prints a line above a progress bar.
        sys.stderr.write(printable(message) + "\n")
        sys.stderr.flush()
    except OSError:
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Discard what a stream buffers, and what is written to it later. Python would write it again at exit, and fail."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class RowReports:
    """Prints each report about a row that cannot be read once. Of many, it prints the first ones and their number.

    Attributes:
        count: how many different reports there were.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()

    @property
    def count(self) -> int:  # noqa: D102
        return len(self._seen)

    def show(self, message: str) -> None:
        """Print a report."""
        before = self.count
        self._seen.add(hash(message))
        if before < self.count <= _REPORTS:
            to_stderr(f"hostsdb: {message}")

    def end(self) -> None:
        """Print how many more reports there were."""
        if self.count > _REPORTS:
            to_stderr(f"hostsdb: {self.count - _REPORTS} more rows cannot be read; hostsdb verify lists them")


def width(text: str) -> int:
    """Return how many columns of a terminal a printable text takes."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(char: str) -> int:
    return 0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1


def cut(text: str, limit: int) -> str:
    """Return a text that takes at most so many columns. If it was cut, it ends with an ellipsis."""
    text = printable(text[: limit + 1]) if len(text) > limit + 1 else printable(text)
    if width(text) <= limit:
        return text
    return next(folded(text, limit - 1)) + "…"


def folded(text: str, limit: int) -> Iterator[str]:
    """Yield the parts of a printable text that take at most so many columns each."""
    part, taken = "", 0
    for char in text:
        if (wide := _width(char)) + taken > limit and part:
            yield part
            part, taken = "", 0
        part, taken = part + char, taken + wide
    yield part
