"""The command zone and its subcommands."""

from __future__ import annotations

from dataclasses import asdict

import click

from hostsdb.cli.name_server import CONTROL_SOCKET, CacheFollower, PowerDns
from hostsdb.cli.options import open_storage, open_url, repeated_option, url_and_json, url_option
from hostsdb.cli.showing import show_json_array
from hostsdb.cli.tables import show_table
from hostsdb.cli.terminal import printable
from hostsdb.operations.zones import DEFAULT_TTL


@click.group("zone")
def zone_command() -> None:
    """Show, add and remove the zones of a name server that reads the database, and purge its caches."""


@zone_command.command("list")
@url_and_json
def list_(url: str, as_json: bool) -> None:
    """Show the zones.

    Example: hostsdb zone list
    """
    with open_storage(url) as storage:
        zones = storage.list_zones()
    if as_json:
        show_json_array(map(asdict, zones))
        return
    rows = [(zone.name, " ".join(zone.ns), zone.mail, str(zone.ttl)) for zone in zones]
    show_table(("name", "ns", "mail", "ttl"), rows, "no zones")


@zone_command.command("add")
@click.argument("name")
@repeated_option("--ns", "ns", "NAME", "The name of a name server, the primary first")
@click.option("--mail", required=True, metavar="ADDRESS", help="The mail address of the administrator.")
@click.option(
    "--ttl",
    type=click.IntRange(0, 2**31 - 1),
    default=DEFAULT_TTL,
    show_default=True,
    metavar="SECONDS",
    help="How long a resolver may keep the records.",
)
@click.option(
    "--after-serial",
    type=click.IntRange(0, 2**32 - 1),
    metavar="SERIAL",
    help="The serial that secondaries have of this zone, from another database. The new serial is above it.",
)
@url_option
def add(name: str, ns: tuple[str, ...], mail: str, ttl: int, after_serial: int | None, url: str) -> None:
    """Add the zone NAME. The names of the hosts that it matches are served at once.

    The database needs the migrations of hostsdb init --with dns. A name belongs to the longest zone that matches.

    Example: hostsdb zone add lan --ns ns.lan --mail hostmaster@lan
    """
    if not ns:
        raise click.UsageError("Missing option '--ns'.")
    with open_storage(url) as storage:
        zone = storage.add_zone(name, ns, mail, ttl, after_serial)
    click.echo(printable(f"added {zone.name}"))


@zone_command.command("remove")
@click.argument("name")
@url_option
def remove(name: str, url: str) -> None:
    """Remove the zone NAME. Its hosts stay.

    Example: hostsdb zone remove lan
    """
    with open_storage(url) as storage:
        storage.remove_zone(name)
    click.echo(printable(f"removed {name}"))


@zone_command.command("follow")
@click.option(
    "--control",
    default=CONTROL_SOCKET,
    show_default=True,
    metavar="SOCKET",
    help="The control socket of PowerDNS.",
)
@click.option("--notify", is_flag=True, help="Also send NOTIFY to the secondaries of a zone that changed.")
@url_option
def follow(control: str, notify: bool, url: str) -> None:
    """Purge changed names from the caches of PowerDNS as soon as a change is committed, until it is stopped.

    Without it, PowerDNS answers from its caches for up to a minute. The names above a changed name, old names, and the
    PTR names of addresses are purged too. At the start, and after PowerDNS or the database could not be reached,
    everything is purged.

    Example: hostsdb zone follow --notify
    """
    with open_url(url) as database:
        database.initialize()
        CacheFollower(database, PowerDns(control), notify=notify).run()
