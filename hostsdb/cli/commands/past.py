"""The commands that read the past: history and at."""

from __future__ import annotations

import click

from hostsdb import StoredEvent, UnknownEvent
from hostsdb.cli.lookup import find_history, ip_option
from hostsdb.cli.moments import parse_moment
from hostsdb.cli.options import open_storage, url_and_json
from hostsdb.cli.showing import (
    event_changes,
    event_object,
    event_type,
    show_hosts,
    show_json_array,
    shown,
    when,
    write_hosts,
)
from hostsdb.cli.tables import show_table
from hostsdb.cli.terminal import to_stderr
from hostsdb.formats import InOrder, packed, packed_by_address

_Cells = tuple[str, str, str, str, str, str]


@click.command("history")
@click.argument("host")
@ip_option
@url_and_json
def history_command(host: str, ip: str | None, url: str, as_json: bool) -> None:
    """Show the changes of a HOST: when, by whom, the old and the new value.

    HOST is an id or its beginning, a hostname, an alias or an address. It may be deleted: then HOST is its last
    hostname or address, or its id. Earlier hosts with the same name are listed on standard error.

    Example: hostsdb history nas.lan
    """
    with open_storage(url) as storage:
        envelopes = find_history(storage, host, ip)
    if as_json:
        show_json_array(map(event_object, envelopes))
        return
    rows = [row for envelope in envelopes for row in _rows(envelope)]
    show_table(("when", "who", "what", "field", "from", "to"), rows, "", map(_record, envelopes))


def _rows(envelope: StoredEvent) -> list[_Cells]:
    event, at = envelope.event, when(envelope.created_at)
    what, who = event_type(event), envelope.created_by or "-"
    if isinstance(event, UnknownEvent):
        return [(at, who, what, "unreadable", "", event.reason)]
    return [(at, who, what, field, shown(old), shown(new)) for field, old, new in event_changes(envelope)]


def _record(envelope: StoredEvent) -> list[tuple[str, str]]:
    rows = _rows(envelope)
    at, who, what = rows[0][:3]
    changes = [(field, _change(old, new)) for *_, field, old, new in rows]
    return [("when", at), ("who", who), ("what", what), *changes]


def _change(old: str, new: str) -> str:
    return f"{old} -> {new or '-'}" if old else new


@click.command("at")
@click.argument("moment")
@click.argument("what", type=click.Choice(["list", "export"]), default="list")
@url_and_json
def at_command(moment: str, what: str, url: str, as_json: bool) -> None:
    """List or export the hosts as they were at a MOMENT.

    MOMENT is ISO 8601, or English text like "2 hours ago" or "yesterday 12:00". Without an offset it is in the local
    time zone. The command prints the moment that it understood to standard error.

    Example: hostsdb at "2 hours ago"

    Example: hostsdb at 2026-01-31T12:00:00+01:00 export > then.hosts
    """
    then = parse_moment(moment)
    to_stderr(f"the hosts at {when(then)}")
    with open_storage(url) as storage:
        # In pages: the memory holds no list of all entries.
        entries = InOrder(storage.map_at_time(then, packed if what == "export" else packed_by_address))
    if what == "export":
        write_hosts(entries)
    else:
        show_hosts(entries, as_json)
