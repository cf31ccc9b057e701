"""The diagram of docs/schema.md as tables. A git host draws it; the site would need a script of another host."""

from __future__ import annotations

import re
from collections.abc import Iterator

_DIAGRAM = re.compile(r"^```mermaid\nerDiagram\n(.*?)^```$", re.M | re.S)
_TABLE = re.compile(r"^    (\w+) \{\n(.*?)^    \}$", re.M | re.S)
_COLUMN = re.compile(r'^ +(\w+) (\w+)(?: ([A-Z, ]+?))?(?: "(.*)")?$', re.M)
_RELATION = re.compile(r'^    (\w+) \S+--\S+ (\w+) : "(.*)"$', re.M)
_KEYS = {"": "", "PK": "primary key", "UK": "unique", "FK": "foreign key"}


def as_tables(markdown: str) -> str:
    """Return a page in which the diagram is text."""
    return _DIAGRAM.sub(lambda found: "\n".join(_lines(found[1])), markdown)


def _lines(diagram: str) -> Iterator[str]:
    for table, columns in _TABLE.findall(diagram):
        yield f"**{table}**\n\n| column | type | | |\n|---|---|---|---|"
        for kind, name, keys, note in _COLUMN.findall(columns):
            words = ", ".join(_KEYS[key.strip()] for key in keys.split(","))
            yield f"| `{name}` | {kind} | {words} | {note} |"
        yield ""
    for one, other, words in _RELATION.findall(diagram):
        yield f"- `{one}` and `{other}`: {words}"
