"""The commands that read the current hosts: list, search, get and tags."""

from __future__ import annotations

from typing import Any

import click

from hostsdb import HostFilter
from hostsdb.cli.lookup import resolve
from hostsdb.cli.options import open_storage, repeated_option, url_and_json, without_tag_option
from hostsdb.cli.selecting import hosts_in_order
from hostsdb.cli.showing import show_host, show_hosts, show_json, show_table
from hostsdb.formats import packed_by_address


@click.command("list")
@repeated_option("--tag", "tags", "TAG", "Show only hosts with this tag")
@without_tag_option
@url_and_json
def list_command(tags: tuple[str, ...], without_tags: tuple[str, ...], url: str, as_json: bool) -> None:
    """Show all hosts, in numeric order of their addresses.

    Example: hostsdb list --json

    Example: hostsdb list --without-tag ads
    """
    with open_storage(url) as storage:
        entries = hosts_in_order(storage, packed_by_address, tags, without_tags)
    show_hosts(entries, as_json)


@click.command("search")
@click.argument("name", default="")
@click.option("--ip", "ip_pattern", default="", metavar="TEXT", help="Text that the address contains.")
@click.option(
    "--ip-prefix", default="", metavar="TEXT", help="Text that the address begins with: 10.1. or fd00:"
)
@repeated_option("--tag", "tags", "TAG", "A tag that the host has")
@without_tag_option
@url_and_json
def search_command(name: str, url: str, as_json: bool, **filter: Any) -> None:
    """Show the hosts whose hostname or an alias contains NAME.

    Upper and lower case are the same. NAME has no wildcards. Exit code 1: no host was found.

    Example: hostsdb search nas --tag storage
    """
    with open_storage(url) as storage:
        entries = storage.search(HostFilter(hostname_pattern=name, **filter))
    show_hosts(entries, as_json)
    if not entries:
        raise SystemExit(1)


@click.command("get")
@click.argument("host")
@url_and_json
def get_command(host: str, url: str, as_json: bool) -> None:
    """Show one HOST.

    HOST is an id, or a hostname that only one host has.

    Example: hostsdb get nas.lan
    """
    with open_storage(url) as storage:
        entry = resolve(storage, host)
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
