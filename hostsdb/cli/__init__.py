"""The command `hostsdb`: what an administrator types."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

from hostsdb import __version__
from hostsdb.errors import StorageError

# A command's module, and the first sentence of its help: `hostsdb --help` imports none of them.
COMMANDS = {
    "init": ("schema", "Bring the schema of the database up to date, or make it."),
    "status": ("schema", "Show which migrations are applied, when and by whom, and which are pending."),
    "sql": ("sql", "Print the script that init would run, for review and for running by hand."),
    "rollback": ("schema", "Undo the migrations after number --to, the last one first."),
    "check": ("check", "Compare the schema with what its migrations make, object by object; reads only."),
    "adopt": (
        "check",
        "Record the migrations of a schema that was made by hand, after comparing it object by object.",
    ),
    "verify": (
        "verify",
        "Compare the current hosts with what the log tells, and check each host's chain of events.",
    ),
    "rebuild": ("verify", "Refill host_entries from the log, when verify says that it differs."),
    "import": (
        "import_",
        "Bring the hosts of a FILE in, - for standard input: a hosts(5) file, JSON or CSV.",
    ),
    "export": ("export", "Write the hosts to FILE, - or none for standard output."),
    "list": ("listing", "Show every host, in the numeric order of the addresses."),
    "search": (
        "listing",
        "Show the hosts with NAME in their hostname or an alias, in any case; taken literally.",
    ),
    "get": ("listing", "Show one HOST, named by its id, or by its hostname where only one host has it."),
    "tags": ("listing", "Show every tag with the number of hosts that have it."),
    "add": ("hosts", "Add a host, as a line of a hosts file has it."),
    "update": (
        "hosts",
        "Change one HOST (its id, or its hostname), or every host that --where-... tells; in one transaction.",
    ),
    "delete": ("hosts", "Delete one HOST (its id, or its hostname); its history stays."),
    "history": ("past", "Show who changed what of a HOST, when, from what to what."),
    "at": (
        "past",
        'List or export the hosts as they were at a MOMENT: ISO 8601, or words like "2 hours ago".',
    ),
    "watch": (
        "watch",
        "Print each new event when it is committed, a JSON object a line, in the log's order.",
    ),
    "snapshot": ("snapshot", "Keep the hosts file as it is, compare, and go back."),
    "copy": ("copy", "Copy the whole log and the snapshots of FROM_URL into TO_URL, and check the copy."),
}


class _ReaderGone(Exception):
    """Whoever reads has enough, as `head` does."""


class _Group(click.Group):
    """Imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; None for no such."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"hostsdb.cli.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names with what the table says."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help) for name, (_, help) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; a broken pipe is no error, but click would exit with 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _ReaderGone from None


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="hostsdb")
def cli() -> None:
    """DNS host entries as an append-only event log in PostgreSQL, DuckDB or SQLite.

    Every command takes --url, else the environment's HOSTSDB_URL, or the first line of the file that its
    HOSTSDB_URL_FILE names, else sqlite:///hosts.db.
    Exit codes: 0 done; 1 an error, a bad line, nothing found; 2 a wrong use of the command, or a difference that
    --dry-run or diff has found; of check: 3 migrations are pending, 4 the schema differs, 5 it is
    newer; of verify: 4 the data is not sound.
    """


def main() -> None:
    """Run the command; say an error in one line, without a traceback."""
    try:
        code = cli.main(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except StorageError as error:
        click.echo(f"hostsdb: {error}", err=True)
        code = 1
    except (KeyboardInterrupt, click.Abort):
        click.echo("hostsdb: interrupted; nothing of this command was stored", err=True)
        code = 130
    except (_ReaderGone, BrokenPipeError):
        _drop_output()
        code = 0
    except OSError as error:
        click.echo(
            f"hostsdb: {error.filename or 'standard input or output'}: {error.strerror or error}", err=True
        )
        _drop_output()
        code = 1
    sys.exit(code)


def _drop_output() -> None:
    """Let what is left in the buffer go nowhere: Python would try to write it once more, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
