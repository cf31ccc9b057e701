"""The command `hostsdb`."""

from __future__ import annotations

import io
import os
import re
import sys
from importlib import import_module
from pkgutil import get_data
from typing import Any

import click

from hostsdb import __version__, reports
from hostsdb.cli.terminal import RowReports, discard, to_stderr
from hostsdb.errors import StorageError

# The module of each command, in the order of the help.
COMMANDS = {
    "init": "schema",
    "status": "schema",
    "health": "health",
    "sql": "sql",
    "rollback": "schema",
    "check": "check",
    "adopt": "check",
    "verify": "verify",
    "rebuild": "verify",
    "checkpoint": "checkpoint",
    "import": "import_",
    "export": "export",
    "list": "listing",
    "search": "listing",
    "get": "listing",
    "tags": "listing",
    "add": "hosts",
    "update": "hosts",
    "delete": "hosts",
    "erase": "erase",
    "history": "past",
    "at": "past",
    "watch": "watch",
    "log": "log",
    "consumers": "consumers",
    "snapshot": "snapshot",
    "zone": "zone",
    "copy": "copy",
}


class _OutputClosed(Exception):
    """The reader of standard output ended, for example `head`."""


class _Group(click.Group):
    """Imports a command's module when the command runs. `hostsdb --help` imports none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"hostsdb.cli.commands.{COMMANDS[cmd_name]}")
        return getattr(module, f"{cmd_name}_command")  # type: ignore[no-any-return]

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
    has 4 (the schema differs); verify has 4 (faults were found); checkpoint has 4 (a proof does not hold). 130:
    interrupted.
    """


def main() -> None:
    """Run the command. An error is printed in one line, without a traceback."""
    _open_standard_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr: the locale may lack a character
    left_out = RowReports()
    reports.listeners[:] = [left_out.show]
    reports.notices[:] = [lambda message: to_stderr(f"hostsdb: {message}")]
    try:
        code = cli.main(standalone_mode=False) or int(left_out.count > 0)
        sys.stdout.flush()
    except click.ClickException as error:
        try:
            error.show()
        except OSError:
            discard(sys.stderr)
        code = error.exit_code
    except StorageError as error:
        to_stderr(f"hostsdb: {error}")
        code = 1
    except (KeyboardInterrupt, click.Abort):
        to_stderr("hostsdb: interrupted; an open transaction was rolled back")
        code = 130
    except (_OutputClosed, BrokenPipeError):
        discard(sys.stdout)
        code = 0
    except OSError as error:
        file = error.filename or "standard input or output"
        to_stderr(f"hostsdb: {file}: {error.strerror or error}")
        discard(sys.stdout)
        code = 1
    finally:
        left_out.end()
    sys.exit(code)


def _open_standard_streams() -> None:
    """Give a closed standard stream a file that fails at each use. No other file then gets its descriptor."""
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDONLY if descriptor else os.O_WRONLY)
            setattr(sys, name, os.fdopen(opened, "w" if descriptor else "r", errors="backslashreplace"))
