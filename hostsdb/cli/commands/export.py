"""The command export: write the hosts to a file for other programs."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path

import click

from hostsdb import Storage
from hostsdb.cli.atomic import replace_file
from hostsdb.cli.on_change import command_arguments, follow_changes, run_command
from hostsdb.cli.options import open_storage, seconds_option, url_option, without_tag_option
from hostsdb.cli.selecting import hosts_in_order
from hostsdb.cli.showing import write_hosts
from hostsdb.formats import WRITABLE, InOrder, packed, packed_by_address, replace_block, write


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
@click.option("--follow", is_flag=True, help="Keep running and write FILE again when the hosts change.")
@click.option(
    "--exec",
    "command",
    metavar="COMMAND",
    help="Run this command, without a shell, when FILE changed, and when --follow starts.",
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
    follow: bool,
    command: str | None,
    exec_timeout: float,
    debounce: float,
    url: str,
) -> None:
    """Write the hosts to FILE. Without FILE, or with -, write to standard output.

    The first name of an address is its canonical name, so the order matters; see --sort.

    The file is replaced atomically. A file with the same content is not touched. The same hosts give the same bytes.
    With --follow, the command retries while the database cannot be reached, and reports a COMMAND that fails.

    Example: hostsdb export /etc/hosts --block lan

    Example: hostsdb export --format unbound --tag lan

    Example: hostsdb export lan.hosts --follow --exec "systemctl reload dnsmasq"
    """
    if block is not None and (file == "-" or format_ != "hosts"):
        raise click.UsageError("--block needs a FILE in hosts format")
    if file == "-" and (follow or command):
        raise click.UsageError("--follow and --exec need a FILE")
    arguments = command_arguments(command)
    with open_storage(url) as storage:
        export = _Export(storage, file, format_, tags, without_tags, sort, block, safe=not plain_cells)

        def react() -> None:
            if arguments:
                run_command(arguments, exec_timeout)

        if file == "-":
            write_hosts(export.hosts(), format_, safe=not plain_cells)
        elif follow:
            follow_changes(storage, export.write, react, debounce)
        elif export.write():
            react()


@dataclass(frozen=True)
class _Export:
    storage: Storage
    file: str
    format_: str
    tags: tuple[str, ...]
    without_tags: tuple[str, ...]
    sort: str
    block: str | None
    safe: bool

    def hosts(self) -> InOrder:
        make = packed_by_address if self.sort == "address" else packed
        return hosts_in_order(self.storage, make, self.tags, self.without_tags)

    def write(self) -> bool:
        """Replace the file; return whether it changed."""
        entries = self.hosts()
        text = io.BytesIO()  # "".join would keep all pieces in memory first
        text.writelines(map(str.encode, write(entries, self.format_, safe=self.safe)))
        content = text.getvalue()
        if self.block is not None:
            old = Path(self.file).read_bytes() if os.path.exists(self.file) else b""
            content = replace_block(old, self.block, content)
        changed = replace_file(self.file, content)
        click.echo(f"{'wrote' if changed else 'unchanged:'} {len(entries)} hosts in {self.file}")
        return changed
