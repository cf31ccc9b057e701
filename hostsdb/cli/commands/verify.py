"""The commands that compare host_entries with the log: verify and rebuild."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice

import click

from hostsdb.cli.checkpoints import public_key_option, read_checkpoint
from hostsdb.cli.options import open_current, seconds_option, url_and_json, url_option
from hostsdb.cli.showing import show_json
from hostsdb.cli.terminal import printable, to_stderr
from hostsdb.copying.against import event_differences
from hostsdb.database.driver import run
from hostsdb.database.open import Database
from hostsdb.errors import escaped
from hostsdb.operations.log_differences import log_differences
from hostsdb.operations.verifying import LIMIT, Fault, verify
from hostsdb.proof.checkpoint import Checkpoint
from hostsdb.schema.state import refuse_newer

_FAULTY = 4
# What a fault is about that does not belong to one host.
_SUBJECTS = {"checkpoint_differs": "log", "event_differs": "log", "engine_damage": "database"}


@click.command("verify")
@click.option(
    "--checkpoint",
    "file",
    metavar="FILE",
    help="Also check that the log begins with what this checkpoint covers.",
)
@click.option(
    "--against",
    "copy_url",
    metavar="URL",
    help="Name the events that differ from this copy. Needs --checkpoint.",
)
@public_key_option
@url_and_json
def verify_command(
    file: str | None, copy_url: str | None, public_key: str | None, url: str, as_json: bool
) -> None:
    """Compare host_entries with the log, and check the events of each host.

    Prints a line for each fault, with the host's id. Where the name server is installed, it also compares its names
    with the hosts. Reads in one transaction and writes nothing. Then it runs the engine's own check: integrity_check on
    SQLite; on PostgreSQL amcheck, if it is installed and this role may use it.

    With --checkpoint it also finds changes by someone who can disable the guards, such as an owner or an editor of the
    file. It prints the positions between which the log differs; with --against and a copy, also the events.

    Exit codes: 0 no faults, 1 an error, 4 faults.

    Example: hostsdb verify --json
    """
    if file is None and (copy_url or public_key):
        raise click.UsageError("--against and --public-key need --checkpoint")
    checkpoint = None if file is None else read_checkpoint(file, public_key)
    with open_current(url) as database, _spinner("verifying"):
        faults = run(database.engine, lambda: verify(checkpoint))
        if copy_url and checkpoint and any(fault.kind == "checkpoint_differs" for fault in faults):
            faults += _compared(database, copy_url, checkpoint)
    _show(faults, as_json, checkpoint)
    if len(faults) >= LIMIT:
        to_stderr(f"there may be more faults: each check reports at most {LIMIT}")
    if faults:
        sys.exit(_FAULTY)


def _compared(database: Database, url: str, checkpoint: Checkpoint) -> list[Fault]:
    with open_current(url) as copy:
        if run(copy.engine, lambda: log_differences(checkpoint)):
            to_stderr("hostsdb: the log of --against does not begin with what the checkpoint covers, either")
        found = islice(event_differences(database, copy, checkpoint.size), LIMIT)
        return [Fault("event_differs", "", words) for words in found]


def _show(faults: list[Fault], as_json: bool, checkpoint: Checkpoint | None) -> None:
    if as_json:
        show_json([asdict(fault) for fault in faults])
        return
    for fault in faults:
        click.echo(printable(f"{escaped(fault.id) or _SUBJECTS.get(fault.kind, 'log_head')}: {fault.words}"))
    if not faults:
        click.echo("sound: host_entries equals the log, and the events of each host are one chain")
        if checkpoint:
            words = f"the log begins with the {checkpoint.size} events of the checkpoint {checkpoint.origin}"
            click.echo(printable(words))


@click.command("rebuild")
@url_option
@seconds_option("--lock-timeout", 30.0, "How long to wait for open write transactions.")
def rebuild_command(url: str, lock_timeout: float) -> None:
    """Rebuild host_entries from the log, after verify has found differences.

    Also rebuilds the names of the name server. Runs in one transaction. Writers wait until it ends; readers see the old
    hosts until then. On PostgreSQL only the owner of host_entries may run it.

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
