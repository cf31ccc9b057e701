"""The command copy."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from hostsdb.cli.options import quiet_option
from hostsdb.cli.terminal import to_stderr
from hostsdb.copying import copy_database, open_sides
from hostsdb.copying.log import Progress


@click.command("copy")
@click.argument("from_url", metavar="FROM_URL")
@click.argument("to_url", metavar="TO_URL")
@quiet_option
def copy_command(from_url: str, to_url: str, quiet: bool) -> None:
    """Copy the log and the snapshots of FROM_URL to TO_URL, and compare them.

    TO_URL is an empty database, in which the schema is created, or the result of an earlier copy: then only the rest
    is copied. Other clients may write to FROM_URL during the copy. The command does not copy what they add after it
    started; run it again.

    Exit codes: 0 copied and compared, 1 an error, 2 wrong usage, 130 interrupted.

    Example: hostsdb copy sqlite:///hosts.db postgres://me@localhost/hosts
    """
    try:
        with open_sides(from_url, to_url) as (source, destination), _progress(quiet) as progress:
            summary = copy_database(source, destination, progress)
    except KeyboardInterrupt:
        to_stderr("hostsdb: interrupted; run the same command again to go on from here")
        sys.exit(130)
    click.echo(
        f"copied {summary.events} events and {summary.snapshots} snapshots; "
        f"the destination has all {summary.all_events} events, checked"
    )
    if summary.later_events or summary.later_snapshots:
        click.echo(
            f"{summary.later_events} events and {summary.later_snapshots} snapshots were added to the source since; "
            "run the same command again to copy them"
        )


@contextmanager
def _progress(quiet: bool) -> Iterator[Progress]:
    """Show a progress bar on a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        tasks = {what: shown.add_task(what, total=None) for what in ("copy", "check")}
        yield lambda what, done, total: shown.update(tasks[what], completed=done, total=total)
