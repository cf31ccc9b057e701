"""The command checkpoint."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hostsdb.cli.atomic import replace_file
from hostsdb.cli.checkpoints import check_signature, exists, public_key_option, read_checkpoint, read_text
from hostsdb.cli.options import open_current, url_option
from hostsdb.cli.showing import write_text
from hostsdb.cli.tables import show_record
from hostsdb.cli.terminal import printable, to_stderr
from hostsdb.errors import InvalidData, escaped
from hostsdb.proof.checkpoint import Checkpoint
from hostsdb.proof.inclusion import Inclusion
from hostsdb.proof.notes import sign
from hostsdb.storage import Storage

_DIFFERS = 4


@click.command("checkpoint")
@click.argument("file", metavar="[FILE]", default="-")
@click.option("--origin", metavar="NAME", help="A name for the log, such as example.com/hosts.")
@click.option("--key", metavar="PEM", help="Sign with the Ed25519 private key in this file.")
@click.option("--event", "event_id", metavar="ID", help="Print a proof that this event is in the log.")
@click.option(
    "--check", "proof", metavar="PROOF", help="Check a proof that --event printed. Needs no database."
)
@public_key_option
@url_option
def checkpoint_command(
    file: str,
    origin: str | None,
    key: str | None,
    event_id: str | None,
    proof: str | None,
    public_key: str | None,
    url: str,
) -> None:
    """Write a checkpoint of the log: the number of events, and the root of their Merkle tree.

    With FILE it is written there. If FILE has an earlier checkpoint, only newer events are read; what it covers is not
    verified again. Keep FILE on another machine: `hostsdb verify --checkpoint FILE` shows whether the log still begins
    with exactly these events. The form is that of C2SP's tlog-checkpoint.

    With --event it prints a proof that FILE, or else a new checkpoint, covers the event. With --check it checks such a
    proof against FILE, or against the signature of --public-key, and shows the event.

    Exit codes: 0 done, 1 an error, 2 wrong usage, 4 the proof of --check does not hold.

    Example: hostsdb checkpoint hosts.checkpoint
    """
    given = None if file == "-" else file
    if proof is not None:
        _check(proof, given, public_key)
    elif event_id is not None:
        _prove(event_id, given, origin, key, public_key, url)
    else:
        _write(given, origin, key, public_key, url)


def _write(file: str | None, origin: str | None, key: str | None, public_key: str | None, url: str) -> None:
    earlier = None
    if file is not None and exists(file):
        earlier = read_checkpoint(file, public_key)
        if key is None and earlier.signatures:
            raise InvalidData(f"{escaped(file, 1000)} is signed; give --key, to sign the next checkpoint too")
        # An unsigned change of the file must not get a signature.
        check_signature(earlier, file, key)
    made = _signed(_made(url, earlier, origin), key)
    if file is None:
        write_text(made.text)
        return
    replace_file(file, made.text.encode())
    click.echo(f"{printable(escaped(file, 1000))} covers {made.size} events of {printable(made.origin)}")


def _made(url: str, earlier: Checkpoint | None, origin: str | None) -> Checkpoint:
    with open_current(url) as database:
        return Storage(database).checkpoint(earlier, origin=origin)


def _signed(made: Checkpoint, key: str | None) -> Checkpoint:
    return made if key is None else sign(made, Path(key).read_bytes())


def _prove(
    event_id: str, file: str | None, origin: str | None, key: str | None, public_key: str | None, url: str
) -> None:
    covering = _signed(_made(url, None, origin), key) if file is None else read_checkpoint(file, public_key)
    with open_current(url) as database:
        write_text(Storage(database).prove_event(event_id, covering).text)


def _check(file: str, checkpoint: str | None, public_key: str | None) -> None:
    if checkpoint is None and public_key is None:
        raise click.UsageError("give FILE, a checkpoint that you trust, or --public-key")
    found = Inclusion.parse(read_text(file))
    trusted = found.checkpoint if checkpoint is None else read_checkpoint(checkpoint, public_key)
    if checkpoint is None:
        check_signature(trusted, file, public_key)
    if not found.holds(trusted):
        size = f"; it is one for {found.checkpoint.size} events, FILE covers {trusted.size}"
        hint = size if found.checkpoint.size != trusted.size else ""
        to_stderr(f"hostsdb: the proof in {escaped(file, 1000)} does not hold{hint}")
        sys.exit(_DIFFERS)
    show_record([(name, value) for name, value in found.columns.items() if value is not None])
    click.echo(f"proven: event {found.index + 1} of {trusted.size} in the log {printable(trusted.origin)}")
