"""Output of the commands: tables for a terminal and for a pipe, and JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from hostsdb.formats import write
from hostsdb.formats.json import array, text
from hostsdb.formats.order import by_address
from hostsdb.model import (
    UNREADABLE_TIME,
    HostCreated,
    HostDeleted,
    HostEntry,
    HostEvent,
    StoredEvent,
    UnknownEvent,
)
from hostsdb.rows import event_change

HOST_COLUMNS = ("address", "hostname", "aliases", "tags", "comment", "id")


def show_hosts(entries: Iterable[HostEntry], as_json: bool) -> None:
    """Print hosts in the numeric order of their addresses."""
    ordered = by_address(entries)
    if as_json:
        show_json_array(map(asdict, ordered))
    elif any(entry.priority for entry in ordered):
        cells = ((*_host_cells(entry), str(entry.priority)) for entry in ordered)
        show_table((*HOST_COLUMNS, "priority"), cells, "")
    else:
        show_table(HOST_COLUMNS, map(_host_cells, ordered), "no hosts")


def show_host(entry: HostEntry, as_json: bool) -> None:
    """Print one host as a JSON object, or as a table with its times and version."""
    if as_json:
        show_json(asdict(entry))
        return
    fields = [*zip(HOST_COLUMNS, _host_cells(entry), strict=True)]
    fields += [("priority", str(entry.priority))]
    fields += [("created", when(entry.created_at)), ("updated", when(entry.updated_at))]
    show_table(("field", "value"), [*fields, ("version", entry.event_version)], "")


def _host_cells(entry: HostEntry) -> tuple[str, ...]:
    names, tags = " ".join(entry.aliases), " ".join(entry.tags)
    return entry.ip_address, entry.hostname, names, tags, entry.comment or "", entry.id


def when(moment: datetime) -> str:
    """Return a moment as text in the local time zone, in seconds, with the offset."""
    if moment == UNREADABLE_TIME:
        return "?"
    with suppress(OverflowError):  # the first or the last day of the calendar stays in UTC
        moment = moment.astimezone()
    return moment.strftime("%Y-%m-%d %H:%M:%S%z")


def event_object(envelope: StoredEvent) -> dict[str, object]:
    """Return an event as a JSON object, with the old and the new value of each changed field."""
    event = envelope.event
    changes = {field: {"from": old, "to": new} for field, old, new in event_changes(envelope)}
    return {
        "event_id": envelope.event_id,
        "event_type": event_type(event),
        "event_version": envelope.event_version,
        "created_at": None if envelope.created_at == UNREADABLE_TIME else envelope.created_at,
        "created_by": envelope.created_by,
        "changes": changes,
        "reason": event.reason if isinstance(event, HostDeleted) else None,
    } | ({"unreadable": event.reason, "columns": event.columns} if isinstance(event, UnknownEvent) else {})


def event_type(event: HostEvent) -> str:
    """Return the name of an event's type, as it is stored."""
    return event.columns["event_type"] or "" if isinstance(event, UnknownEvent) else type(event).__name__


def event_changes(envelope: StoredEvent) -> list[tuple[str, object, object]]:
    """Return the changed fields of an event, each with its old and its new value."""
    event = envelope.event
    if isinstance(event, HostCreated):
        names = ("ip_address", "hostname", "comment", "tags", "aliases", "priority")
        return [(name, None, getattr(event, name)) for name in names if getattr(event, name)]
    if isinstance(event, HostDeleted):
        return [("ip_address", event.ip_address, None), ("hostname", event.hostname, None)]
    if isinstance(event, UnknownEvent):
        return []
    return [event_change(event)]


def show_json(value: Any) -> None:
    """Print one JSON value."""
    click.echo(text(value))


def show_json_array(values: Iterable[Any]) -> None:
    """Print a JSON array, one element per line. The whole text is never in memory."""
    sys.stdout.writelines(array(values))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]], nothing: str) -> None:
    """Print a table: with borders and wrapped lines on a terminal, as plain columns in a pipe.

    Without rows, print `nothing`.
    """
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
        table.add_row(*map(Text, row))  # Text, not str: a comment may contain rich's markup
    Console().print(table)


def _show_in_pipe(rows: Sequence[Sequence[str]]) -> None:
    # Without rich, which is slow to import. A pipe needs no line wrapping.
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())


def printable(text: str) -> str:
    """Replace control characters, so that a stored text cannot send commands to the terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def shown(value: Any) -> str:
    """Return the value of a field as the text of a cell."""
    if value is None:
        return ""
    return " ".join(value) if isinstance(value, tuple) else str(value)


def write_hosts(entries: Iterable[HostEntry], format_: str = "hosts", **style: Any) -> None:
    """Write hosts to standard output, in UTF-8 in every locale. For the style see `write`."""
    for piece in write(entries, format_, **style):
        sys.stdout.buffer.write(piece.encode())
    sys.stdout.buffer.flush()
