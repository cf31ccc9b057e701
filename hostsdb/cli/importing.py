"""The command import: a hosts file in."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import click

from hostsdb import connect
from hostsdb.cli.options import url_option
from hostsdb.hostsfile import BadLine, HostLine, parse, read_lines


@click.command("import")
@click.argument("file", type=click.File("rb"))
@url_option
@click.option("--strict", is_flag=True, help="Take nothing in when a line is bad.")
@click.option("--tag", "tags", multiple=True, help="A tag for every host that is added; repeatable.")
def import_command(file: BinaryIO, url: str, strict: bool, tags: tuple[str, ...]) -> None:
    """Add the hosts of a hosts(5) FILE, - for standard input, that are not there yet.

    Bad lines are reported with their numbers and left out, and make the exit code 1.

    Example: hostsdb import /etc/hosts
    """
    bad = 0

    def reported(lines: Iterable[HostLine | BadLine]) -> Iterator[HostLine | BadLine]:
        nonlocal bad
        for line in lines:
            if isinstance(line, BadLine):
                bad += 1
                click.echo(f"{file.name}:{line.number}: {line.reason}", err=True)
            yield line

    with connect(url) as storage, _progress(file) as stream:
        summary = storage.import_hosts(reported(parse(read_lines(stream))), strict=strict, tags=tags)
    click.echo(f"read {summary.read}, added {summary.added}, skipped {summary.skipped}, bad {summary.bad}")
    if bad:
        sys.exit(1)


@contextmanager
def _progress(file: BinaryIO) -> Iterator[BinaryIO]:
    """Show how much of the file is read, on a terminal."""
    if not sys.stderr.isatty() or file.name == "<stdin>":
        yield file
        return
    from rich.console import Console
    from rich.progress import wrap_file

    size = file.seek(0, 2)
    file.seek(0)
    console = Console(stderr=True)
    with wrap_file(file, size, description="import", console=console, transient=True) as shown:
        yield shown
