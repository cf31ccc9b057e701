"""The command export: a hosts file out."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from hostsdb import HostEntry, connect
from hostsdb.cli.atomic import replace_file
from hostsdb.cli.options import url_option
from hostsdb.hostsfile import render


@click.command("export")
@click.argument("file", default="-", type=click.Path(dir_okay=False, allow_dash=True))
@url_option
def export_command(file: str, url: str) -> None:
    """Write every host as hosts(5) to FILE, - or none for standard output.

    A file is replaced as a whole or not at all, and left untouched when it says the same already.

    Example: hostsdb export /etc/hosts.d/lan
    """
    with connect(url) as storage:
        entries = storage.list_all()
    if file == "-":
        write_hosts(entries)
        return
    changed = replace_file(file, "".join(render(entries)).encode())
    click.echo(f"{'wrote' if changed else 'unchanged:'} {len(entries)} hosts in {file}")


def write_hosts(entries: Iterable[HostEntry]) -> None:
    """Write hosts(5) to standard output, in UTF-8 whatever the locale."""
    for line in render(entries):
        sys.stdout.buffer.write(line.encode())
    sys.stdout.buffer.flush()
