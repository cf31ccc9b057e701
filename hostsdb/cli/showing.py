"""How the command shows things: as a table on a terminal or in a pipe, or as JSON with stable keys."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from hostsdb.formats.json import array, text
from hostsdb.model import HostEntry
from hostsdb.names import ip_sort_key

HOST_COLUMNS = ("address", "hostname", "aliases", "tags", "comment", "id")


def show_hosts(entries: Iterable[HostEntry], as_json: bool) -> None:
    """Print hosts in the numeric order of their addresses."""
    ordered = sorted(entries, key=lambda entry: (ip_sort_key(entry.ip_address), entry.hostname))
    if as_json:
        show_json_array(map(asdict, ordered))
    else:
        show_table(HOST_COLUMNS, map(_host_cells, ordered), "no hosts")


def show_host(entry: HostEntry, as_json: bool) -> None:
    """Print one host: as a JSON object, or a table with its times and version."""
    if as_json:
        show_json(asdict(entry))
        return
    fields = [*zip(HOST_COLUMNS, _host_cells(entry), strict=True)]
    fields += [("created", when(entry.created_at)), ("updated", when(entry.updated_at))]
    show_table(("field", "value"), [*fields, ("version", entry.event_version)], "")


def _host_cells(entry: HostEntry) -> tuple[str, ...]:
    names, tags = " ".join(entry.aliases), " ".join(entry.tags)
    return entry.ip_address, entry.hostname, names, tags, entry.comment or "", entry.id


def when(moment: datetime) -> str:
    """Return a moment in the user's own time zone, to the second, with its offset."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S%z")


def show_json(value: Any) -> None:
    """Print one JSON value."""
    click.echo(text(value))


def show_json_array(values: Iterable[Any]) -> None:
    """Print a JSON array, an element a line, so that a long one need not stand in memory twice."""
    sys.stdout.writelines(array(values))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]], nothing: str) -> None:
    """Print a table; where there are no rows, the words for that."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, no_wrap=column in ("address", "id", "when"), overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row))
    console = Console()
    if not console.is_terminal:
        console.width = 10_000  # a pipe has no right margin
    console.print(table if table.row_count else _cell(nothing))


def _cell(text: str) -> Any:
    from rich.text import Text

    # Text, not markup: a comment may have brackets. Control characters would command the terminal.
    return Text("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))
