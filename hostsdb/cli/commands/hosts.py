"""The commands that change hosts: add, update and delete."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from hostsdb import HostEntry, HostFilter, Storage
from hostsdb.cli.asking import confirm
from hostsdb.cli.lookup import address_filter, ip_option, resolve
from hostsdb.cli.options import (
    by_option,
    dry_run_option,
    open_storage,
    repeated_option,
    url_and_json,
    yes_option,
)
from hostsdb.cli.showing import show_host, show_json_array, shown
from hostsdb.cli.tables import show_table
from hostsdb.cli.terminal import printable
from hostsdb.errors import InvalidData
from hostsdb.model import UNSET, HostEvent
from hostsdb.names import canonical_hostname
from hostsdb.rows import event_change

_expect_option = click.option(
    "--expect", "expected_version", metavar="VERSION", help="Fail if the current version is another one."
)


@click.command("add")
@click.argument("ip_address", metavar="ADDRESS")
@click.argument("hostname")
@click.argument("aliases", nargs=-1, metavar="[ALIAS]...")
@click.option("--comment", help="A comment in one line.")
@repeated_option("--tag", "tags", "TAG", "A tag")
@click.option(
    "--priority", type=int, default=0, metavar="N", help="Lower comes first in files for resolvers."
)
@by_option
@url_and_json
def add_command(url: str, as_json: bool, **host: Any) -> None:
    """Add a host.

    The arguments are in the order of a line of a hosts file.

    Example: hostsdb add 10.0.0.8 nas.lan nas --comment "4 x 8 TB" --tag storage
    """
    with open_storage(url, "nothing") as storage:
        entry = storage.add_host(**host)
    show_host(entry, as_json)


@click.command("update")
@click.argument("host", required=False)
@ip_option
@click.option("--set-ip", "ip_address", metavar="ADDRESS", help="The new address.")
@click.option("--set-hostname", "hostname", metavar="NAME", help="The new hostname.")
@click.option("--set-comment", "comment", metavar="TEXT", help='The new comment; "" clears it.')
@click.option("--priority", type=int, metavar="N", help="The new priority; lower comes first.")
@repeated_option("--add-tag", "add_tags", "TAG", "A tag to add")
@repeated_option("--remove-tag", "remove_tags", "TAG", "A tag to remove")
@repeated_option("--add-alias", "add_aliases", "NAME", "An alias to add")
@repeated_option("--remove-alias", "remove_aliases", "NAME", "An alias to remove")
@repeated_option("--set-alias", "aliases", "NAME", "An alias, instead of all present ones")
@click.option("--no-aliases", is_flag=True, help="Remove all aliases.")
@repeated_option("--where-tag", "where_tags", "TAG", "Change the hosts that have this tag")
@click.option("--where-name", metavar="TEXT", help="Change the hosts whose hostname or alias contains this.")
@click.option(
    "--where-ip",
    metavar="ADDRESS",
    help="Change the hosts with this address, in this network, or whose address begins with this.",
)
@dry_run_option
@_expect_option
@by_option
@url_and_json
def update_command(host: str | None, dry_run: bool, url: str, as_json: bool, **given: Any) -> None:
    """Change one HOST, or all hosts that match the --where options.

    HOST is an id or its beginning, a hostname, an alias or an address. If it names several hosts, they are listed and
    nothing changes. All changes are one transaction. A new value that equals the old one is no change. --dry-run needs
    a --where option.

    Example: hostsdb update nas.lan --set-ip 192.168.1.11

    Example: hostsdb update --where-tag old --set-comment "to go" --dry-run
    """
    name, tags, ip = given.pop("where_name"), given.pop("where_tags"), given.pop("where_ip")
    where = HostFilter(hostname_pattern=name or None, tags=tags or None, **address_filter(ip))
    if (host is None) is (where == HostFilter()):
        raise click.UsageError("give either HOST, or --where-tag, --where-name or --where-ip")
    with open_storage(url) as storage:
        if host is None:
            planned = _update_several(storage, where, dry_run, given)
        elif dry_run:
            raise click.UsageError("--dry-run needs --where-tag, --where-name or --where-ip")
        else:
            show_host(_update_one(storage, host, given), as_json)
            return
    _show_planned(planned, as_json)
    if dry_run and planned:
        raise SystemExit(2)


def _given(options: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: UNSET if options[name] is None else options[name] for name in names}


def _update_one(storage: Storage, host: str, options: dict[str, Any]) -> HostEntry:
    entry = resolve(storage, host, options["ip"])
    fields = _given(options, "ip_address", "hostname", "comment", "priority")
    if any(options[name] for name in _ALIAS_OPTIONS):
        fields["aliases"] = _new_aliases(entry, options)
    kept = [tag for tag in (*entry.tags, *options["add_tags"]) if tag not in options["remove_tags"]]
    return storage.update_host(
        entry.id,
        expected_version=options["expected_version"] or entry.event_version,
        tags=kept,
        created_by=options["created_by"],
        **fields,
    )


# The command's arguments that change the aliases of one host.
_ALIAS_OPTIONS = ("aliases", "no_aliases", "add_aliases", "remove_aliases")


def _new_aliases(entry: HostEntry, options: dict[str, Any]) -> list[str]:
    replaced = options["aliases"] or options["no_aliases"]
    aliases = options["aliases"] if replaced else entry.aliases
    # Another client may have stored an alias in another form.
    removed = {form for name in options["remove_aliases"] for form in (name, _canonical_or_same(name))}
    return [name for name in (*aliases, *options["add_aliases"]) if name not in removed]


def _canonical_or_same(name: str) -> str:
    try:
        return canonical_hostname(name)
    except InvalidData:
        return name


_Planned = list[tuple[HostEntry, tuple[HostEvent, ...]]]


def _update_several(storage: Storage, where: HostFilter, dry_run: bool, options: dict[str, Any]) -> _Planned:
    if any(options[name] for name in (*_ALIAS_OPTIONS, "expected_version", "ip")):
        raise click.UsageError("the options for aliases, --expect and --ip need a HOST")
    return storage.update_hosts(
        where,
        add_tags=options["add_tags"],
        remove_tags=options["remove_tags"],
        created_by=options["created_by"],
        dry_run=dry_run,
        **_given(options, "ip_address", "hostname", "comment", "priority"),
    )


def _show_planned(planned: _Planned, as_json: bool) -> None:
    changes = [(entry, *event_change(event)) for entry, events in planned for event in events]
    if as_json:
        keys = ("id", "ip_address", "hostname", "field", "from", "to")
        show_json_array(
            dict(zip(keys, (entry.id, entry.ip_address, entry.hostname, *change), strict=True))
            for entry, *change in changes
        )
        return
    rows = [(e.ip_address, e.hostname, field, shown(old), shown(new)) for e, field, old, new in changes]
    show_table(("address", "hostname", "field", "from", "to"), rows, "nothing changes")


@click.command("delete")
@click.argument("host", required=False)
@ip_option
@repeated_option("--where-tag", "where_tags", "TAG", "Delete the hosts that have this tag; asks first")
@click.option("--reason", help="The reason, for the history.")
@dry_run_option
@yes_option
@_expect_option
@by_option
@url_and_json
def delete_command(
    host: str | None,
    ip: str | None,
    where_tags: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    expected_version: str | None,
    url: str,
    as_json: bool,
    **details: Any,
) -> None:
    """Delete one HOST, or all hosts that have a tag. Their history is kept.

    HOST is an id or its beginning, a hostname, an alias or an address. If it names several hosts, they are listed and
    nothing is deleted. Hosts with a tag are deleted in one transaction, as they were when the command asked: if one of
    them has changed since, nothing is deleted.

    Example: hostsdb delete old.lan --reason "switched off"

    Example: hostsdb delete --where-tag old --dry-run
    """
    if (host is None) is not bool(where_tags):
        raise click.UsageError("give either HOST or --where-tag")
    if where_tags and expected_version:
        raise click.UsageError("--expect needs a HOST")
    with open_storage(url) as storage:
        entries = (
            storage.search(HostFilter(tags=where_tags)) if host is None else [resolve(storage, host, ip)]
        )
        if host is None and entries and not (yes or dry_run):
            confirm(f"{len(entries)} hosts will be deleted. Continue?")
        if host is None and not dry_run:
            entries = storage.delete_hosts(entries, **details)
        elif not dry_run:
            version = expected_version or entries[0].event_version
            storage.delete_host(entries[0].id, expected_version=version, **details)
    _show_deleted(entries, dry_run, as_json)
    if dry_run and entries:
        raise SystemExit(2)


def _show_deleted(entries: list[HostEntry], dry_run: bool, as_json: bool) -> None:
    if as_json:
        show_json_array(map(asdict, entries))
        return
    for entry in entries:
        done = "would delete" if dry_run else "deleted"
        click.echo(printable(f"{done} {entry.id} {entry.ip_address} {entry.hostname}"))
    if not entries:
        click.echo("no host has the tag")
