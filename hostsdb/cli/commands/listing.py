"""The commands that read the current state: list, search, get, tags."""

from __future__ import annotations

import click

from hostsdb import HostFilter, connect
from hostsdb.cli.lookup import resolve
from hostsdb.cli.options import json_option, url_option
from hostsdb.cli.showing import show_host, show_hosts, show_json, show_table
from hostsdb.formats import InOrder, packed


@click.command("list")
@url_option
@json_option
def list_command(url: str, as_json: bool) -> None:
    """Show every host, in the numeric order of the addresses.

    Example: hostsdb list --json
    """
    with connect(url) as storage:
        entries = InOrder(storage.map_all(packed))
    show_hosts(entries, as_json)


@click.command("search")
@click.argument("name", default="")
@click.option("--ip", default="", metavar="TEXT", help="A part of the address.")
@click.option("--ip-prefix", default="", metavar="TEXT", help="How the address begins: 10.1. or fd00:")
@click.option("--tag", "tags", multiple=True, help="A tag that the host must have; repeatable.")
@url_option
@json_option
def search_command(
    name: str, ip: str, ip_prefix: str, tags: tuple[str, ...], url: str, as_json: bool
) -> None:
    """Show the hosts with NAME in their hostname or an alias, in any case; taken literally.

    Exit code 1 when there is none.

    Example: hostsdb search nas --tag storage
    """
    with connect(url) as storage:
        entries = storage.search(HostFilter(ip, name, tags, ip_prefix))
    show_hosts(entries, as_json)
    if not entries:
        raise SystemExit(1)


@click.command("get")
@click.argument("host")
@url_option
@json_option
def get_command(host: str, url: str, as_json: bool) -> None:
    """Show one HOST, named by its id, or by its hostname where only one host has it.

    Example: hostsdb get nas.lan
    """
    with connect(url) as storage:
        entry = resolve(storage, host)
    show_host(entry, as_json)


@click.command("tags")
@url_option
@json_option
def tags_command(url: str, as_json: bool) -> None:
    """Show every tag with the number of hosts that have it.

    Example: hostsdb tags
    """
    with connect(url) as storage:
        tags = storage.list_tags()
    if as_json:
        show_json(tags)
    else:
        show_table(("tag", "hosts"), [(tag, str(count)) for tag, count in tags.items()], "no tags")
