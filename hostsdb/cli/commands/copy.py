"""The command copy."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from hostsdb import ConnectionFailed, QueryFailed
from hostsdb.cli.on_change import report_outages, retry_forever
from hostsdb.cli.options import quiet_option
from hostsdb.cli.terminal import to_stderr
from hostsdb.copying import Progress, copy_database, open_sides
from hostsdb.copying.following import Replica

_MINUTES = 60.0
# Between two attempts to start, in seconds.
_PAUSE = 1.0


@click.command("copy")
@click.argument("from_url", metavar="FROM_URL")
@click.argument("to_url", metavar="TO_URL")
@click.option("--follow", is_flag=True, help="Keep running and copy each new event; refuse other writers.")
@click.option(
    "--verify-every",
    type=click.FloatRange(min=0),
    metavar="MINUTES",
    help="With --follow: compare both databases this often, at the start too; 0: never. Default: 60.",
)
@quiet_option
def copy_command(from_url: str, to_url: str, follow: bool, verify_every: float | None, quiet: bool) -> None:
    """Copy the log and the snapshots of FROM_URL to TO_URL, and compare them.

    TO_URL is an empty database, in which the schema is created, or the result of an earlier copy: then only the rest
    is copied. Other clients may write to FROM_URL during the copy. The command does not copy what they add after it
    started; run it again.

    With --follow, TO_URL becomes a replica. The command marks it as a copy of FROM_URL, and it then refuses other
    writers. The command copies each event within a second, and continues after either database was unavailable.
    The row of the table replica_of is the mark; delete it to make TO_URL independent.

    Exit codes: 0 copied and compared, 1 an error, or the databases differ, 2 wrong usage, 130 interrupted.

    Example: hostsdb copy sqlite:///hosts.db postgres://me@localhost/hosts

    Example: hostsdb copy --follow sqlite:///hosts.db sqlite:///replica.db
    """
    if verify_every is not None and not follow:
        raise click.UsageError("--verify-every needs --follow")
    try:
        if follow:
            minutes = _MINUTES if verify_every is None else verify_every
            _follow(Replica(from_url, to_url, minutes * 60 or None, click.echo), quiet)
        else:
            _copy(from_url, to_url, quiet)
    except KeyboardInterrupt:
        to_stderr("hostsdb: interrupted; run the same command again to go on from here")
        sys.exit(130)


def _copy(from_url: str, to_url: str, quiet: bool) -> None:
    with open_sides(from_url, to_url) as (source, destination), _progress(quiet) as progress:
        summary = copy_database(source, destination, progress)
    click.echo(
        f"copied {summary.events} events and {summary.snapshots} snapshots; "
        f"the destination has all {summary.all_events} events, checked"
    )
    if summary.later_events or summary.later_snapshots:
        click.echo(
            f"{summary.later_events} events and {summary.later_snapshots} snapshots were added to the source since; "
            "run the same command again to copy them"
        )


def _follow(replica: Replica, quiet: bool) -> None:
    try:
        with _progress(quiet) as progress:
            _start(replica, progress)
        retry_forever(replica.follow, (QueryFailed,))
    finally:
        replica.close()


def _start(replica: Replica, progress: Progress) -> None:
    """Start a replica. Wait for a database that is down, and report why once."""
    replica.refuse_missing()
    report_outages()
    reported = ""
    while True:
        try:
            return replica.start(lambda done, total: progress("copy", done, total))
        except ConnectionFailed as error:
            if str(error) != reported:
                to_stderr(f"hostsdb: {error}; trying again")
            reported = str(error)
            time.sleep(_PAUSE)


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
