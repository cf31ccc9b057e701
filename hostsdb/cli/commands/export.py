"""The command export: hosts out, as a file that other programs read."""

from __future__ import annotations

import io
import os
from collections.abc import Collection
from dataclasses import dataclass

import click

from hostsdb import HostEntry, HostFilter, Storage, connect
from hostsdb.cli.atomic import replace_file
from hostsdb.cli.on_change import command_arguments, follow_changes, run_command
from hostsdb.cli.options import url_option
from hostsdb.cli.showing import write_hosts
from hostsdb.formats import WRITABLE, InOrder, packed, replace_block, write


@click.command("export")
@click.argument("file", default="-", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--format", "format_", type=click.Choice(WRITABLE), default="hosts", show_default=True)
@click.option("--tag", "tags", multiple=True, help="Only hosts with this tag; repeatable.")
@click.option(
    "--block", metavar="NAME", help="Replace only what stands between # BEGIN NAME and # END NAME of FILE."
)
@click.option(
    "--plain-cells", is_flag=True, help="CSV: write cells as they are, also those that begin like a formula."
)
@click.option("--follow", is_flag=True, help="Go on, and write FILE again when the hosts change.")
@click.option(
    "--exec",
    "command",
    metavar="COMMAND",
    help="Run this when FILE has changed, and when --follow begins; without a shell.",
)
@click.option(
    "--exec-timeout", type=click.FloatRange(min=0.1), default=30.0, show_default=True, metavar="SECONDS"
)
@click.option(
    "--debounce",
    type=click.FloatRange(min=0),
    default=0.2,
    show_default=True,
    metavar="SECONDS",
    help="How long to gather changes before FILE is written again.",
)
@url_option
def export_command(
    file: str,
    format_: str,
    tags: tuple[str, ...],
    block: str | None,
    plain_cells: bool,
    follow: bool,
    command: str | None,
    exec_timeout: float,
    debounce: float,
    url: str,
) -> None:
    """Write the hosts to FILE, - or none for standard output.

    A file is replaced as a whole or not at all, and left untouched when it says the same already. The same hosts give
    the same bytes. With --follow, a database that is away is waited for, and a COMMAND that fails is reported.

    Example: hostsdb export /etc/hosts --block lan

    Example: hostsdb export --format unbound --tag lan

    Example: hostsdb export lan.hosts --follow --exec "systemctl reload dnsmasq"
    """
    if block is not None and (file == "-" or format_ != "hosts"):
        raise click.UsageError("--block goes with a FILE in hosts format")
    if file == "-" and (follow or command):
        raise click.UsageError("--follow and --exec go with a FILE")
    arguments = command_arguments(command)
    with connect(url) as storage:
        export = _Export(storage, file, format_, tags, block, safe=not plain_cells)

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
    block: str | None
    safe: bool

    def hosts(self) -> Collection[HostEntry]:
        if self.tags:
            return self.storage.search(HostFilter(tags=self.tags))
        return InOrder(self.storage.map_all(packed))

    def write(self) -> bool:
        """Replace the file; return whether it said something else before."""
        entries = self.hosts()
        text = io.BytesIO()  # where "".join would first hold all the pieces
        text.writelines(map(str.encode, write(entries, self.format_, safe=self.safe)))
        content = text.getvalue()
        if self.block is not None:
            content = replace_block(_present(self.file), self.block, content)
        changed = replace_file(self.file, content)
        click.echo(f"{'wrote' if changed else 'unchanged:'} {len(entries)} hosts in {self.file}")
        return changed


def _present(file: str) -> bytes:
    if not os.path.exists(file):
        return b""
    with open(file, "rb") as old:
        return old.read()
