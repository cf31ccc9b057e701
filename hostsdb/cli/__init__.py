"""The command `hostsdb`."""

from __future__ import annotations

import os
import re
import sys
from importlib import import_module
from pkgutil import get_data
from typing import Any

import click

from hostsdb import __version__
from hostsdb.errors import StorageError

# The module of each command, in the order of the help.
COMMANDS = {
    "init": ("schema", "Bring the schema of the database up to date, or make it."),
    "status": ("schema", "Show which migrations are applied, when and by whom, and which are pending."),
    "sql": ("scripting", "Print the script that init would run, for review and for running by hand."),
    "rollback": ("schema", "Undo the migrations after number --to, the last one first."),
    "check": ("checking", "Compare the schema with what its migrations make, object by object; reads only."),
    "adopt": (
        "checking",
        "Record the migrations of a schema that was made by hand, after comparing it object by object.",
    ),
    "verify": (
        "verifying",
        "Compare the current hosts with what the log tells, and check each host's chain of events.",
    ),
    "rebuild": ("verifying", "Refill host_entries from the log, when verify says that it differs."),
    "import": (
        "importing",
        "Bring the hosts of a FILE in, - for standard input: a hosts(5) file, JSON or CSV.",
    ),
    "export": ("exporting", "Write the hosts to FILE, - or none for standard output."),
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
        "Change one HOST (its id, or its hostname), or every host that the --where options select; in one transaction.",
    ),
    "delete": ("hosts", "Delete one HOST (its id, or its hostname); its history stays."),
    "history": ("past", "Show who changed what of a HOST, when, from what to what."),
    "at": (
        "past",
        'List or export the hosts as they were at a MOMENT: ISO 8601, or words like "2 hours ago".',
    ),
    "watch": (
        "watching",
        "Print each new event when it is committed, a JSON object a line, in the log's order.",
    ),
    "snapshot": ("snapshots", "Keep the hosts file as it is, compare, and go back."),
    "copy": ("copying", "Copy the whole log and the snapshots of FROM_URL into TO_URL, and check the copy."),
}


class _OutputClosed(Exception):
    """The reader of standard output ended, for example `head`."""


class _Group(click.Group):
    """Imports a command's module when the command runs. `hostsdb --help` imports none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"hostsdb.cli.commands.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names with the first sentence of each command's help."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, first_sentence(name)) for name in COMMANDS])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. A closed output is no error; click would exit with 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _OutputClosed from None


def first_sentence(command: str) -> str:
    """Return the first sentence of a command's docstring, read from the source: an import would be slow."""
    source = get_data("hostsdb.cli", f"commands/{COMMANDS[command]}.py") or b""
    docstring = source.decode().partition(f"def {command}_command(")[2].split('"""', 2)[1]
    return " ".join(re.split(r"(?<=\.)\s", docstring, maxsplit=1)[0].split())


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="hostsdb")
def cli() -> None:
    """DNS host entries as an append-only event log in PostgreSQL, DuckDB or SQLite.

    The database is --url. Without it, it is the environment variable HOSTSDB_URL, or the first line of the file named
    by HOSTSDB_URL_FILE; set only one of the two. Without these it is sqlite:///hosts.db.

    Exit codes: 0 done; 1 an error, a bad line, or nothing was found; 2 wrong usage, or --dry-run or diff found a
    difference. check also has 3 (migrations are pending), 4 (the schema differs) and 5 (the database is newer); adopt
    has 4 (the schema differs); verify has 4 (faults were found). 130: interrupted.
    """


def main() -> None:
    """Run the command. An error is printed in one line, without a traceback."""
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
        click.echo("hostsdb: interrupted; an open transaction was rolled back", err=True)
        code = 130
    except (_OutputClosed, BrokenPipeError):
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
    """Discard the buffered output. Otherwise Python writes it again at exit and prints an error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
