"""The commands that read the current hosts: list, search, get and tags."""

from __future__ import annotations

import click

from hostsdb.cli.lookup import address_filter, ip_option, resolve, search_hosts
from hostsdb.cli.options import open_storage, repeated_option, url_and_json, without_tag_option
from hostsdb.cli.selecting import hosts_in_order
from hostsdb.cli.showing import show_host, show_hosts, show_json
from hostsdb.cli.tables import show_table
from hostsdb.formats import packed_by_address

_tag_option = repeated_option("--tag", "tags", "TAG", "A tag that the host has")
_ids_option = click.option("--ids", is_flag=True, help="Also print the id of each host.")


@click.command("list")
@_tag_option
@without_tag_option
@_ids_option
@url_and_json
def list_command(
    tags: tuple[str, ...], without_tags: tuple[str, ...], ids: bool, url: str, as_json: bool
) -> None:
    """Show all hosts, in numeric order of their addresses.

    On a terminal, a value that is too long ends with an ellipsis, and a narrow terminal gets one record for each host.
    In a pipe, each host is one line with tabs between the values.

    Example: hostsdb list --json

    Example: hostsdb list --without-tag ads
    """
    with open_storage(url) as storage:
        entries = hosts_in_order(storage, packed_by_address, tags, without_tags)
    show_hosts(entries, as_json, ids)


@click.command("search")
@click.argument("name", default="")
@click.option(
    "--ip",
    metavar="ADDRESS",
    help="The address of the host, a network (10.0.0.0/8), or the beginning of an address (10.0.).",
)
@_tag_option
@without_tag_option
@_ids_option
@url_and_json
def search_command(
    name: str,
    ip: str | None,
    tags: tuple[str, ...],
    without_tags: tuple[str, ...],
    ids: bool,
    url: str,
    as_json: bool,
) -> None:
    """Show the hosts whose hostname or an alias contains NAME.

    Upper and lower case are the same. NAME has no wildcards. NAME may also be the address of a host. Exit code 1: no
    host was found.

    Example: hostsdb search nas --tag storage

    Example: hostsdb search --ip 192.168.0.0/16
    """
    with open_storage(url) as storage:
        entries = search_hosts(storage, name, tags=tags, without_tags=without_tags, **address_filter(ip))
    show_hosts(entries, as_json, ids)
    if not entries:
        raise SystemExit(1)


@click.command("get")
@click.argument("host")
@ip_option
@url_and_json
def get_command(host: str, ip: str | None, url: str, as_json: bool) -> None:
    """Show one HOST with all its values.

    HOST is an id or its beginning, a hostname, an alias or an address. Several hosts are listed, with exit code 1.

    Example: hostsdb get nas.lan
    """
    with open_storage(url) as storage:
        entry = resolve(storage, host, ip)
    show_host(entry, as_json)


@click.command("tags")
@url_and_json
def tags_command(url: str, as_json: bool) -> None:
    """Show all tags, each with the number of its hosts.

    Example: hostsdb tags
    """
    with open_storage(url) as storage:
        tags = storage.list_tags()
    if as_json:
        show_json(tags)
    else:
        show_table(("tag", "hosts"), [(tag, str(count)) for tag, count in tags.items()], "no tags")
