"""Output of the commands: hosts, events and JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from operator import itemgetter
from typing import Any

from hostsdb.cli.tables import Rows, show_record, show_table
from hostsdb.cli.terminal import on_terminal, printable, printable_json
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

_COLUMNS = ("address", "hostname", "aliases", "tags", "comment", "priority", "id")
_PRIORITY, _ID = 5, 6


def show_hosts(entries: Iterable[HostEntry], as_json: bool, ids: bool = False) -> None:
    """Print hosts in the numeric order of their addresses.

    Arguments:
        ids: also print the id of each host in a table. JSON always has it.
    """
    ordered = by_address(entries)
    if as_json:
        show_json_array(map(asdict, ordered))
        return
    # A terminal shows the priorities only if there are any. In a pipe the columns are always the same.
    priorities = not on_terminal() or any(entry.priority for entry in ordered)
    places = list(range(_PRIORITY)) + [_PRIORITY] * priorities + [_ID] * ids
    choose = itemgetter(*places)
    show_table(choose(_COLUMNS), Rows(lambda entry: choose(_cells(entry)), ordered), "no hosts")


def show_host(entry: HostEntry, as_json: bool) -> None:
    """Print one host as a JSON object, or as a record with its times and version."""
    if as_json:
        show_json(asdict(entry))
        return
    times = [("created", when(entry.created_at)), ("updated", when(entry.updated_at))]
    show_record([*zip(_COLUMNS, _cells(entry), strict=True), *times, ("version", entry.event_version)])


def _cells(entry: HostEntry) -> tuple[str, ...]:
    names, tags = " ".join(entry.aliases), " ".join(entry.tags)
    comment, priority = entry.comment or "", str(entry.priority)
    return entry.ip_address, entry.hostname, names, tags, comment, priority, entry.id


def when(moment: datetime) -> str:
    """Return a moment as text in the local time zone, in seconds, with the offset."""
    if moment == UNREADABLE_TIME:
        return "?"
    # It stays in UTC on the first or the last day of the calendar, and if TZ names an offset of more than a day.
    with suppress(OverflowError, ValueError, OSError):
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
    _write_json([text(value) + "\n"])


def show_json_array(values: Iterable[Any]) -> None:
    """Print a JSON array, one element per line. The whole text is never in memory."""
    _write_json(array(values))


def show_json_line(value: Any) -> None:
    """Print one JSON value at once, also if the output is a pipe."""
    show_json(value)
    sys.stdout.flush()


def _write_json(pieces: Iterable[str]) -> None:
    sys.stdout.writelines(map(printable_json, pieces) if on_terminal() else pieces)


def shown(value: Any) -> str:
    """Return the value of a field as the text of a cell."""
    if value is None:
        return ""
    return " ".join(value) if isinstance(value, tuple) else str(value)


def write_hosts(entries: Iterable[HostEntry], format_: str = "hosts", **style: Any) -> None:
    """Write hosts to standard output, in UTF-8 in every locale. For the style see `write`."""
    pieces = write(entries, format_, **style)
    if on_terminal():
        pieces = map(_PRINTABLE.get(format_, _printable_lines), pieces)
    for piece in pieces:
        sys.stdout.buffer.write(piece.encode())
    sys.stdout.buffer.flush()


def write_text(text: str) -> None:
    """Write the text of a file to standard output, in UTF-8 in every locale."""
    sys.stdout.buffer.write((_printable_lines(text) if on_terminal() else text).encode())
    sys.stdout.buffer.flush()


def _printable_lines(text: str) -> str:
    return printable(text, keep="\n\t")


def _printable_row(row: str) -> str:
    # A cell may contain line ends, too.
    return printable(row.removesuffix("\r\n")) + "\n"


_PRINTABLE = {"json": printable_json, "csv": _printable_row}
