"""The command list, and how hosts are shown: as a table or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from hostsdb import HostEntry, connect
from hostsdb.cli.options import json_option, url_option
from hostsdb.names import ip_sort_key


@click.command("list")
@url_option
@json_option
def list_command(url: str, as_json: bool) -> None:
    """Show every host, in the numeric order of the addresses.

    Example: hostsdb list --json
    """
    with connect(url) as storage:
        entries = storage.list_all()
    show_hosts(entries, as_json)


def show_hosts(entries: list[HostEntry], as_json: bool) -> None:
    """Print hosts as a table, or as a JSON array with an object a host."""
    entries.sort(key=lambda entry: (ip_sort_key(entry.ip_address), entry.hostname))
    if as_json:
        show_json(entries)
    else:
        _show_table(entries)


def show_json(entries: Iterable[HostEntry]) -> None:
    """Print a JSON array, an object a line, so that a long one need not stand in memory twice."""
    separator = "["
    for entry in entries:
        sys.stdout.write(f"{separator}{json.dumps(asdict(entry), default=_plain, ensure_ascii=False)}")
        separator = ",\n "
    sys.stdout.write("]\n" if separator != "[" else "[]\n")


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    raise TypeError(f"{value!r} has no JSON form")


def _show_table(entries: list[HostEntry]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    for column in ("address", "hostname", "aliases", "tags", "comment", "id"):
        table.add_column(column, no_wrap=column in ("address", "id"), overflow="fold")
    for entry in entries:
        cells = (
            entry.ip_address,
            entry.hostname,
            " ".join(entry.aliases),
            " ".join(entry.tags),
            entry.comment or "",
            entry.id,
        )
        table.add_row(*map(_cell, cells))
    console = Console()
    if not console.is_terminal:
        console.width = 10_000  # a pipe has no right margin
    console.print(table if entries else Text("no hosts"))


def _cell(text: str) -> Any:
    from rich.text import Text

    # Text, not markup: a hostname may have brackets. Control characters would command the terminal.
    return Text(
        text
        if text.isprintable()
        else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    )
