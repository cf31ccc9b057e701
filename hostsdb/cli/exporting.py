"""The command export: hosts out, as a file that other programs read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

import click

from hostsdb import HostEntry, HostFilter, connect
from hostsdb.cli.atomic import replace_file
from hostsdb.cli.options import url_option
from hostsdb.formats import WRITABLE, replace_block, write


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
@url_option
def export_command(
    file: str, format_: str, tags: tuple[str, ...], block: str | None, plain_cells: bool, url: str
) -> None:
    """Write the hosts to FILE, - or none for standard output.

    A file is replaced as a whole or not at all, and left untouched when it says the same already. The same hosts give
    the same bytes.

    Example: hostsdb export /etc/hosts --block lan

    Example: hostsdb export --format unbound --tag lan
    """
    if block is not None and (file == "-" or format_ != "hosts"):
        raise click.UsageError("--block goes with a FILE in hosts format")
    with connect(url) as storage:
        entries = storage.search(HostFilter(tags=tags)) if tags else storage.list_all()
    if file == "-":
        write_hosts(entries, format_, safe=not plain_cells)
        return
    content = "".join(write(entries, format_, safe=not plain_cells)).encode()
    changed = replace_file(file, content if block is None else replace_block(_present(file), block, content))
    click.echo(f"{'wrote' if changed else 'unchanged:'} {len(entries)} hosts in {file}")


def write_hosts(entries: Iterable[HostEntry], format_: str = "hosts", *, safe: bool = True) -> None:
    """Write hosts to standard output, in UTF-8 whatever the locale."""
    for piece in write(entries, format_, safe=safe):
        sys.stdout.buffer.write(piece.encode())
    sys.stdout.buffer.flush()


def _present(file: str) -> bytes:
    if not os.path.exists(file):
        return b""
    with open(file, "rb") as old:
        return old.read()
