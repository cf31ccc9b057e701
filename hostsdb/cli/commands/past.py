"""The commands that read the past: history and at."""

from __future__ import annotations

from datetime import datetime

import click

from hostsdb import NotFound, StoredEvent, UnknownEvent
from hostsdb.cli.lookup import resolve
from hostsdb.cli.options import open_storage, url_and_json
from hostsdb.cli.showing import (
    event_changes,
    event_object,
    event_type,
    show_hosts,
    show_json_array,
    show_table,
    shown,
    when,
    write_hosts,
)
from hostsdb.errors import InvalidData, escaped


@click.command("history")
@click.argument("host")
@url_and_json
def history_command(host: str, url: str, as_json: bool) -> None:
    """Show the changes of a HOST: when, by whom, the old and the new value.

    HOST is an id, or a hostname that only one host has. A deleted host is found only by its id.

    Example: hostsdb history nas.lan
    """
    with open_storage(url) as storage:
        envelopes = storage.load_events(host) or storage.load_events(resolve(storage, host).id)
    if not envelopes:
        raise NotFound(kind="host", id=host)
    if as_json:
        show_json_array(map(event_object, envelopes))
        return
    rows = [row for envelope in envelopes for row in _rows(envelope)]
    show_table(("when", "who", "what", "field", "from", "to"), rows, "")


def _rows(envelope: StoredEvent) -> list[tuple[str, ...]]:
    event, at = envelope.event, when(envelope.created_at)
    who, what = envelope.created_by or "", event_type(event)
    if isinstance(event, UnknownEvent):
        return [(at, who, what, "unreadable", "", event.reason)]
    return [(at, who, what, field, shown(old), shown(new)) for field, old, new in event_changes(envelope)]


@click.command("at")
@click.argument("moment")
@click.argument("what", type=click.Choice(["list", "export"]), default="list")
@url_and_json
def at_command(moment: str, what: str, url: str, as_json: bool) -> None:
    """List or export the hosts as they were at a MOMENT.

    MOMENT is ISO 8601, or English text like "2 hours ago". Without an offset it is in the local time zone.

    Example: hostsdb at "2 hours ago"

    Example: hostsdb at 2026-01-31T12:00:00+01:00 export > then.hosts
    """
    then = _moment(moment)
    with open_storage(url) as storage:
        entries = storage.get_at_time(then)
    if what == "export":
        write_hosts(entries)
    else:
        show_hosts(entries, as_json)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        import dateparser  # slow to import

    settings = {"RETURN_AS_TIMEZONE_AWARE": True, "PREFER_DATES_FROM": "past"}
    found = dateparser.parse(text, languages=["en"], settings=settings)
    if found is None:
        raise InvalidData(
            f'"{escaped(text)}" is not a moment; write 2026-01-31T12:00:00+01:00, or "2 hours ago"'
        )
    return found
