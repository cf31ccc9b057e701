"""The command erase."""

from __future__ import annotations

import click

from hostsdb import HostDeleted, Storage, StorageError
from hostsdb.cli.asking import confirm
from hostsdb.cli.lookup import find_id, ip_option
from hostsdb.cli.options import by_option, open_storage, url_and_json, yes_option
from hostsdb.cli.showing import show_json, show_json_array, when
from hostsdb.cli.tables import show_table
from hostsdb.cli.terminal import printable
from hostsdb.errors import escaped


@click.command("erase")
@click.argument("host", required=False)
@ip_option
@click.option("--reason", help="Why. It is kept, and must not contain what is erased.")
@click.option("--delete", "delete_first", is_flag=True, help="Delete the host first, if it is live.")
@click.option("--list", "list_erased", is_flag=True, help="Show the erased hosts.")
@yes_option
@by_option
@url_and_json
def erase_command(
    host: str | None,
    ip: str | None,
    reason: str | None,
    delete_first: bool,
    list_erased: bool,
    yes: bool,
    url: str,
    as_json: bool,
    created_by: str | None,
) -> None:
    """Erase a deleted HOST for good: all its events, and its lines in snapshots.

    HOST is as in `history`. Each earlier host with the same name is another host: they are listed on standard error,
    and are erased one by one, by their ids. The positions, ids and hashes of the events stay, so earlier checkpoints
    still verify. On PostgreSQL only the owner of the tables may erase. docs/erasure.md says what remains in files.

    Example: hostsdb erase old.lan --reason "request of 2026-01-31" --delete --yes
    """
    if list_erased is (host is not None) or (host is not None and not reason):
        raise click.UsageError("give HOST and --reason, or --list")
    with open_storage(url) as storage:
        if host is None:
            _show(storage, as_json)
            return
        id = find_id(storage, host, ip)
        _ask(storage, id, delete_first, yes)
        if delete_first and storage.get_by_id(id):
            storage.delete_host(id, created_by=created_by)
        erased = storage.erase_host(id, reason=reason or "", erased_by=created_by)
    if as_json:
        show_json({"id": id, "events": erased})
    else:
        click.echo(printable(f"erased {escaped(id)}: {erased} events"))


def _ask(storage: Storage, id: str, delete_first: bool, yes: bool) -> None:
    """Ask for confirmation."""
    events = storage.load_events(id)
    is_deleted = any(isinstance(event.event, HostDeleted) for event in events)
    if not is_deleted and not delete_first:
        raise StorageError(f"host {escaped(id)} is not deleted; delete it first, or use --delete")
    if not yes:
        confirm(f"host {escaped(id)} with {len(events)} events will be erased for good. Continue?")


def _show(storage: Storage, as_json: bool) -> None:
    erasures = storage.list_erasures()
    if as_json:
        show_json_array(erasure._asdict() for erasure in erasures)
        return
    rows = [(e.aggregate_id, when(e.erased_at), e.erased_by or "-", e.reason) for e in erasures]
    show_table(("id", "when", "who", "reason"), rows, "no host was erased")
