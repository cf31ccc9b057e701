"""The command snapshot and its subcommands."""

from __future__ import annotations

from dataclasses import asdict
from difflib import unified_diff

import click

from hostsdb.cli.lookup import resolve_snapshot
from hostsdb.cli.options import by_option, dry_run_option, open_storage, url_and_json, url_option
from hostsdb.cli.showing import show_json, show_json_array, shown, when, write_text
from hostsdb.cli.tables import show_table
from hostsdb.cli.terminal import printable
from hostsdb.formats.hosts import write
from hostsdb.model import HostCreated, HostDeleted, HostEvent
from hostsdb.rows import event_change


@click.group("snapshot")
def snapshot_command() -> None:
    """Create, compare and restore snapshots of the hosts.

    SNAPSHOT, OLD and NEW are an id, the beginning of an id, or a name that only one snapshot has.
    """


@snapshot_command.command("create")
@click.argument("name", required=False)
@url_and_json
def create(name: str | None, url: str, as_json: bool) -> None:
    """Store the current hosts file as a snapshot, with an optional NAME.

    Example: hostsdb snapshot create "before the move"
    """
    with open_storage(url) as storage:
        snapshot = storage.create_snapshot(name)
    if as_json:
        show_json({key: value for key, value in asdict(snapshot).items() if key != "hosts_content"})
    else:
        click.echo(f"snapshot {snapshot.snapshot_id} of {snapshot.entry_count} hosts")


@snapshot_command.command("list")
@click.option("--limit", type=click.IntRange(min=0), help="The largest number of snapshots to show.")
@url_and_json
def list_(limit: int | None, url: str, as_json: bool) -> None:
    """Show the snapshots, the newest first.

    Example: hostsdb snapshot list --limit 10
    """
    with open_storage(url) as storage:
        snapshots = storage.list_snapshots(limit)
    if as_json:
        show_json_array(map(asdict, snapshots))
        return
    rows = [
        (s.snapshot_id, when(s.created_at), str(s.entry_count), s.trigger, s.name or "") for s in snapshots
    ]
    show_table(("id", "when", "hosts", "why", "name"), rows, "no snapshots")


@snapshot_command.command("show")
@click.argument("snapshot")
@url_and_json
def show(snapshot: str, url: str, as_json: bool) -> None:
    """Print the hosts file of a SNAPSHOT.

    Example: hostsdb snapshot show "before the move"
    """
    with open_storage(url) as storage:
        found = storage.get_snapshot(resolve_snapshot(storage, snapshot))
    if as_json:
        show_json(asdict(found))
    else:
        write_text(found.hosts_content)


@snapshot_command.command("diff")
@click.argument("old")
@click.argument("new", required=False)
@url_and_json
def diff(old: str, new: str | None, url: str, as_json: bool) -> None:
    """Compare the snapshot OLD with the snapshot NEW or the current hosts.

    Prints the lines of the hosts files that differ. Exit codes: 0 equal, 1 an error, 2 different.

    Example: hostsdb snapshot diff 01JD4V0QF8T5Y7Z3M2N1K0P9RX
    """
    with open_storage(url) as storage:
        before = storage.get_snapshot(resolve_snapshot(storage, old)).hosts_content
        if new:
            after = storage.get_snapshot(resolve_snapshot(storage, new)).hosts_content
        else:
            after = "".join(write(storage.list_all()))
    lines = list(unified_diff(before.split("\n"), after.split("\n"), old, new or "now", lineterm="", n=0))
    if as_json:
        changes = lines[2:]  # after the two names
        signs = {"removed": "-", "added": "+"}
        show_json({key: [line[1:] for line in changes if line[0] == sign] for key, sign in signs.items()})
    else:
        for line in lines:
            click.echo(printable(line, keep="\t"))
    if lines:
        raise SystemExit(2)


@snapshot_command.command("restore")
@click.argument("snapshot")
@dry_run_option
@by_option
@url_and_json
def restore(snapshot: str, dry_run: bool, created_by: str | None, url: str, as_json: bool) -> None:
    """Restore the hosts of a SNAPSHOT.

    The changes are new events; the log keeps the old ones. First a snapshot of the current hosts is created.

    Example: hostsdb snapshot restore 01JD4V0QF8T5Y7Z3M2N1K0P9RX --dry-run
    """
    with open_storage(url) as storage:
        id = resolve_snapshot(storage, snapshot)
        if dry_run:
            events = storage.plan_restore(id)
        else:
            restored = storage.restore_snapshot(id, created_by=created_by)
            events = [(envelope.aggregate_id, envelope.event) for envelope in restored]
    if as_json:
        show_json_array(
            {"id": id, "event_type": type(event).__name__, **asdict(event)} for id, event in events
        )
    else:
        show_table(("id", "event", "from", "to"), [_row(*step) for step in events], "nothing changes")
    if dry_run and events:
        raise SystemExit(2)


def _row(id: str, event: HostEvent) -> tuple[str, ...]:
    if isinstance(event, HostCreated):
        return id, "HostCreated", "", f"{event.ip_address} {event.hostname}"
    if isinstance(event, HostDeleted):
        return id, "HostDeleted", f"{event.ip_address} {event.hostname}", ""
    _, old, new = event_change(event)
    return id, type(event).__name__, shown(old), shown(new)


@snapshot_command.command("delete")
@click.argument("snapshot")
@url_option
def delete(snapshot: str, url: str) -> None:
    """Delete a SNAPSHOT. The log does not change.

    Example: hostsdb snapshot delete 01JD4V0QF8T5Y7Z3M2N1K0P9RX
    """
    with open_storage(url) as storage:
        id = resolve_snapshot(storage, snapshot)
        storage.delete_snapshot(id)
    click.echo(printable(f"deleted snapshot {id}"))


@snapshot_command.command("prune")
@click.option(
    "--keep", "max_count", type=click.IntRange(min=0), help="How many of the newest snapshots to keep."
)
@click.option(
    "--older-than",
    "max_age_days",
    type=click.FloatRange(min=0),
    metavar="DAYS",
    help="Delete snapshots older than this.",
)
@url_option
def prune(max_count: int | None, max_age_days: float | None, url: str) -> None:
    """Delete old snapshots.

    With both options, a snapshot is deleted if either of them says so.

    Example: hostsdb snapshot prune --keep 30 --older-than 90
    """
    if max_count is None and max_age_days is None:
        raise click.UsageError("give --keep, --older-than, or both")
    with open_storage(url) as storage:
        deleted = storage.apply_retention_policy(max_count, max_age_days)
    click.echo(f"deleted {deleted} snapshots")
