"""The command export: write the hosts to a file for other programs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import click

from hostsdb import Storage
from hostsdb.cli.atomic import replace_file, write_in_place
from hostsdb.cli.exporting import Export, Hosts, KeepingExport
from hostsdb.cli.on_change import Follower
from hostsdb.cli.options import open_storage, seconds_option, url_option, without_tag_option
from hostsdb.cli.reaction import Reaction, command_arguments
from hostsdb.cli.showing import write_hosts
from hostsdb.formats import WRITABLE, Zone


@click.command("export")
@click.argument("file", default="-", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--format", "format_", type=click.Choice(WRITABLE), default="hosts", show_default=True)
@click.option("--tag", "tags", multiple=True, help="Export only hosts with this tag. May be repeated.")
@without_tag_option
@click.option(
    "--sort",
    type=click.Choice(["priority", "address"]),
    default="priority",
    show_default=True,
    help="priority: lower priorities first, then the order in which the hosts were added.",
)
@click.option(
    "--block", metavar="NAME", help="Replace only the lines between # BEGIN NAME and # END NAME in FILE."
)
@click.option(
    "--plain-cells", is_flag=True, help="CSV: do not put an apostrophe before cells that look like a formula."
)
@click.option("--allow-empty", is_flag=True, help="Write no hosts over a FILE that contains hosts.")
@click.option(
    "--in-place",
    is_flag=True,
    help="Write into the existing FILE, not atomically: for a bind mount, or a folder that cannot be written.",
)
@click.option(
    "--names-per-line",
    type=click.IntRange(min=2),
    metavar="N",
    help="hosts: at most N names in a line, the hostname included. Windows reads 9.",
)
@click.option("--origin", metavar="NAME", help="zone: the name of the zone, also a reverse zone.")
@click.option("--ns", metavar="NAME", help="zone: the name server, for SOA and NS; needs --mail.")
@click.option("--mail", metavar="ADDRESS", help="zone: the mail address of the administrator, for SOA.")
@click.option("--follow", is_flag=True, help="Keep running and write FILE again when the hosts change.")
@click.option(
    "--exec",
    "command",
    metavar="COMMAND",
    help="Run this command, without a shell, when FILE changed, when it failed the last time, and when --follow "
    "starts.",
)
@seconds_option("--exec-timeout", 30.0, "Kill the command of --exec after this time.")
@seconds_option(
    "--debounce", 0.2, "With --follow: wait this long for further changes before FILE is written.", min=0
)
@url_option
def export_command(
    file: str,
    format_: str,
    tags: tuple[str, ...],
    without_tags: tuple[str, ...],
    sort: str,
    block: str | None,
    plain_cells: bool,
    allow_empty: bool,
    in_place: bool,
    names_per_line: int | None,
    origin: str | None,
    ns: str | None,
    mail: str | None,
    follow: bool,
    command: str | None,
    exec_timeout: float,
    debounce: float,
    url: str,
) -> None:
    """Write the hosts to FILE. Without FILE, or with -, write to standard output.

    The first name of an address is its canonical name, so the order matters; see --sort.

    The file is replaced atomically; with --in-place a reader may see a part of it. A file with the same content is not
    touched. The same hosts give the same bytes. If there is no host to export, a FILE that contains hosts is kept.
    With --follow, the command reports this and waits, retries while the database cannot be reached, and runs a COMMAND
    that fails again. Without --follow, the exit code is 1 then, and the next export runs the COMMAND again.

    Example: hostsdb export /etc/hosts --block lan

    Example: hostsdb export --format unbound --tag lan

    Example: hostsdb export lan.zone --format zone --origin lan

    Example: hostsdb export lan.hosts --follow --exec "systemctl reload dnsmasq"
    """
    if block is not None and (file == "-" or format_ != "hosts"):
        raise click.UsageError("--block needs a FILE in hosts format")
    if file == "-" and (follow or command or in_place):
        raise click.UsageError("--follow, --exec and --in-place need a FILE")
    reaction = Reaction(file, command_arguments(command), exec_timeout)
    zone = _zone(format_, origin, ns, mail)
    with open_storage(url) as storage:
        style = partial(_style, storage, zone, safe=not plain_cells, names_per_line=names_per_line)
        write = write_in_place if in_place else replace_file
        selected = Hosts(storage, tags, without_tags, sort)
        export = Export(selected, file, format_, block, style, allow_empty, write, reaction)
        if file == "-":
            write_hosts(selected.read(), format_, **style())
        elif follow:
            Follower(storage, KeepingExport(export).write, reaction.run, debounce).run()
        elif (export.write() or reaction.is_due()) and not reaction.run():
            raise SystemExit(1)


def _zone(format_: str, origin: str | None, ns: str | None, mail: str | None) -> Zone | None:
    if (format_ == "zone") is not (origin is not None):
        raise click.UsageError("--format zone and --origin belong together")
    if (ns is None) is not (mail is None):
        raise click.UsageError("--ns and --mail belong together")
    return None if origin is None else Zone(origin, ns, mail)


def _style(storage: Storage, zone: Zone | None, **options: Any) -> dict[str, Any]:
    """Return the options of the format as they are now; see `write`."""
    return options | {"zone": zone and replace(zone, serial=_serial(storage))}


def _serial(storage: Storage) -> int:
    """Return the time of the latest event, in seconds. It increases with every change, and is 32 bits long."""
    moment = storage.last_change()
    return 1 if moment is None else int(moment.timestamp()) % 2**32
