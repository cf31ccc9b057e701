"""The command `hostsdb`: what an administrator types."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from hostsdb import StorageError, __version__
from hostsdb.cli.checking import adopt_command, check_command
from hostsdb.cli.copying import copy_command
from hostsdb.cli.exporting import export_command
from hostsdb.cli.hosts import add_command, delete_command, update_command
from hostsdb.cli.importing import import_command
from hostsdb.cli.listing import get_command, list_command, search_command, tags_command
from hostsdb.cli.past import at_command, history_command
from hostsdb.cli.schema import init_command, rollback_command, status_command
from hostsdb.cli.scripting import sql_command
from hostsdb.cli.snapshots import snapshot_command
from hostsdb.cli.verifying import rebuild_command, verify_command


class _ReaderGone(Exception):
    """Whoever reads has enough, as `head` does."""


class _Group(click.Group):
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

    Every command takes --url, else the environment's HOSTSDB_URL, else sqlite:///hosts.db.
    Exit codes: 0 done; 1 an error, a bad line, nothing found; 2 a wrong use of the command, or a difference that
    --dry-run or diff has found; of check: 3 migrations are pending, 4 the schema differs, 5 it is
    newer; of verify: 4 the data is not sound.
    """


for _command in (
    init_command,
    status_command,
    sql_command,
    rollback_command,
    check_command,
    adopt_command,
    verify_command,
    rebuild_command,
    import_command,
    export_command,
    list_command,
    search_command,
    get_command,
    tags_command,
    add_command,
    update_command,
    delete_command,
    history_command,
    at_command,
    snapshot_command,
    copy_command,
):
    cli.add_command(_command)


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
        # Python must not flush into the pipe once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        click.echo(f"hostsdb: {error.filename or 'files'}: {error.strerror or error}", err=True)
        code = 1
    sys.exit(code)
