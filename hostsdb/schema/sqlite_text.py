"""SQLite keeps a table as the text that made it: this takes that text apart into columns and constraints."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*) | '(?:[^']|'')*' | "(?:[^"]|"")*" | [^'"(),-]+ | .""",
    re.VERBOSE | re.DOTALL,
)


def parts_of_table(kind: str, name: str, text: str) -> Iterator[tuple[str, str, str]]:
    """Yield a table's rows for the catalogue: the table itself, its columns and its constraints.

    Arguments:
        kind, name, text: a row of SQLite's catalogue; what is no table is yielded as it is.
    """
    if kind != "table":
        yield kind, name, text
        return
    items, options = _split(text)
    yield "table", name, options
    for item in items:
        part, words = "column", item
        if item.upper().startswith("CONSTRAINT "):
            part, words = "constraint", item[len("CONSTRAINT ") :]
        own_name, *definition = words.split(maxsplit=1)
        yield part, name + "." + own_name.strip('"'), "".join(definition)


def _split(text: str) -> tuple[list[str], str]:
    """Return what stands in the outer parentheses, split at its commas, and what stands behind them."""
    pieces = [""]
    depth = 0
    for match in _TOKEN.finditer(text):
        token = " " if match["comment"] else match[0]
        depth -= token == ")"
        if (token in "()" and depth == 0) or (token == "," and depth == 1):
            pieces.append("")
        else:
            pieces[-1] += token
        depth += token == "("
    pieces = [piece.strip() for piece in pieces]
    return [piece for piece in pieces[1:-1] if piece], pieces[-1]
