"""How the command shows things: as a table on a terminal or in a pipe, or as JSON with stable keys."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from hostsdb.formats import write
from hostsdb.formats.json import array, text
from hostsdb.formats.record import in_order
from hostsdb.model import EventEnvelope, HostCreated, HostDeleted, HostEntry
from hostsdb.rows import event_change

HOST_COLUMNS = ("address", "hostname", "aliases", "tags", "comment", "id")


def show_hosts(entries: Iterable[HostEntry], as_json: bool) -> None:
    """Print hosts in the numeric order of their addresses."""
    ordered = in_order(entries)
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


def event_object(envelope: EventEnvelope) -> dict[str, object]:
    """Return an event as JSON shows it: what it changed, from what to what, by field."""
    event = envelope.event
    changes = {field: {"from": old, "to": new} for field, old, new in event_changes(envelope)}
    return {
        "event_id": envelope.event_id,
        "event_type": type(event).__name__,
        "event_version": envelope.event_version,
        "created_at": envelope.created_at,
        "created_by": envelope.created_by,
        "changes": changes,
        "reason": event.reason if isinstance(event, HostDeleted) else None,
    }


def event_changes(envelope: EventEnvelope) -> list[tuple[str, object, object]]:
    """Return what an event changed: field, old and new value."""
    event = envelope.event
    if isinstance(event, HostCreated):
        names = ("ip_address", "hostname", "comment", "tags", "aliases")
        return [(name, None, getattr(event, name)) for name in names if getattr(event, name)]
    if isinstance(event, HostDeleted):
        return [("ip_address", event.ip_address, None), ("hostname", event.hostname, None)]
    return [event_change(event)]


def show_json(value: Any) -> None:
    """Print one JSON value."""
    click.echo(text(value))


def show_json_array(values: Iterable[Any]) -> None:
    """Print a JSON array, an element a line, so that a long one need not stand in memory twice."""
    sys.stdout.writelines(array(values))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]], nothing: str) -> None:
    """Print a table, on a terminal with its borders and folds, in a pipe as plain columns; without rows, `nothing`."""
    cells = [tuple(map(printable, row)) for row in rows]
    if not cells:
        click.echo(printable(nothing))
    elif sys.stdout.isatty():
        _show_on_terminal(columns, cells)
    else:
        _show_in_pipe([columns, *cells])


def _show_on_terminal(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, no_wrap=column in ("address", "id", "when"), overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))  # text, not markup: a comment may have brackets
    Console().print(table)


def _show_in_pipe(rows: Sequence[Sequence[str]]) -> None:
    # Without rich: it takes as long to import as all the rest, and a pipe has no right margin to fold at.
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())


def printable(text: str) -> str:
    """Return what a database holds as it may stand on a terminal, which control characters would command."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def shown(value: Any) -> str:
    """Return a field's value as a table's cell."""
    return " ".join(value) if isinstance(value, tuple) else value or ""


def write_hosts(entries: Iterable[HostEntry], format_: str = "hosts", *, safe: bool = True) -> None:
    """Write hosts to standard output, in UTF-8 whatever the locale."""
    for piece in write(entries, format_, safe=safe):
        sys.stdout.buffer.write(piece.encode())
    sys.stdout.buffer.flush()
