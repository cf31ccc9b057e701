"""The commands about the state that the log tells: verify and rebuild."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click

from hostsdb.cli.options import json_option, lock_timeout_option, open_current, url_option
from hostsdb.database.driver import run
from hostsdb.errors import escaped
from hostsdb.operations.verifying import LIMIT, Fault, verify

_FAULTY = 4


@click.command("verify")
@url_option
@json_option
def verify_command(url: str, as_json: bool) -> None:
    """Compare the current hosts with what the log tells, and check each host's chain of events.

    Reads one moment's state and writes nothing. Exit codes: 0 sound, 4 faults, a line for each with the host's id.

    Example: hostsdb verify --json
    """
    with open_current(url) as database, _spinner("verifying"):
        faults = run(database.engine, verify)
    if as_json:
        click.echo(json.dumps([asdict(fault) for fault in faults], ensure_ascii=False))
    else:
        _show(faults)
    if len(faults) >= LIMIT:
        click.echo(f"there may be more: {LIMIT} faults of a sort are shown at most", err=True)
    if faults:
        sys.exit(_FAULTY)


def _show(faults: list[Fault]) -> None:
    for fault in faults:
        click.echo(f"{escaped(fault.id) or 'log_head'}: {fault.words}")
    if not faults:
        click.echo("sound: host_entries equals the log, and each host's events are one chain")


@click.command("rebuild")
@url_option
@lock_timeout_option("writers to end")
def rebuild_command(url: str, lock_timeout: float) -> None:
    """Refill host_entries from the log, when verify says that it differs.

    One transaction: writers wait, readers see the old hosts or the new ones. It needs the owner's rights.

    Example: hostsdb rebuild --url postgres://me@localhost/hosts
    """
    from hostsdb.schema.rebuilding import rebuild  # yoyo, which reads the guards, is slow to import

    with open_current(url) as database, _spinner("rebuilding"), database.exclusive() as connection:
        hosts = rebuild(database.url.dialect, connection, lock_timeout)
    click.echo(f"host_entries has {hosts} hosts, as the log tells")


@contextmanager
def _spinner(what: str) -> Iterator[None]:
    """Show that something is going on, on a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield
