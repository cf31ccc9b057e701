"""The commands that compare host_entries with the log: verify and rebuild."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click

from hostsdb.cli.options import open_current, seconds_option, url_and_json, url_option
from hostsdb.cli.showing import show_json
from hostsdb.cli.terminal import printable, to_stderr
from hostsdb.database.driver import run
from hostsdb.errors import escaped
from hostsdb.operations.verifying import LIMIT, verify
from hostsdb.schema.state import refuse_newer

_FAULTY = 4


@click.command("verify")
@url_and_json
def verify_command(url: str, as_json: bool) -> None:
    """Compare host_entries with the log, and check the events of each host.

    Prints a line for each fault, with the host's id. Reads in one transaction and writes nothing.

    Exit codes: 0 no faults, 1 an error, 4 faults.

    Example: hostsdb verify --json
    """
    with open_current(url) as database, _spinner("verifying"):
        faults = run(database.engine, verify)
    if as_json:
        show_json([asdict(fault) for fault in faults])
    else:
        for fault in faults:
            click.echo(printable(f"{escaped(fault.id) or 'log_head'}: {fault.words}"))
        if not faults:
            click.echo("sound: host_entries equals the log, and the events of each host are one chain")
    if len(faults) >= LIMIT:
        to_stderr(f"there may be more faults: each check reports at most {LIMIT}")
    if faults:
        sys.exit(_FAULTY)


@click.command("rebuild")
@url_option
@seconds_option("--lock-timeout", 30.0, "How long to wait for open write transactions.")
def rebuild_command(url: str, lock_timeout: float) -> None:
    """Rebuild host_entries from the log, after verify has found differences.

    Runs in one transaction. Writers wait until it ends; readers see the old hosts until then. On PostgreSQL only the
    owner of host_entries may run it.

    Example: hostsdb rebuild --url postgres://me@localhost/hosts
    """
    from hostsdb.schema.rebuilding import rebuild  # yoyo is slow to import

    with open_current(url) as database, _spinner("rebuilding"):
        refuse_newer(database.schema_state(), "rebuild")
        with database.exclusive() as connection:
            hosts = rebuild(database.url.dialect, connection, lock_timeout)
    click.echo(f"host_entries has {hosts} hosts, rebuilt from the log")


@contextmanager
def _spinner(what: str) -> Iterator[None]:
    """Show a spinner on a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield
