"""The command log: the whole log as a file for analysis."""

from __future__ import annotations

import sys
from pathlib import PurePath
from shutil import copyfileobj

import click

from hostsdb.cli.atomic import replacement
from hostsdb.cli.log_file import FORMATS, written_log
from hostsdb.cli.options import open_url, url_option


@click.command("log")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), help="The format. Default: the ending of FILE."
)
@click.option(
    "--plain-cells", is_flag=True, help="CSV: do not put an apostrophe before cells that look like a formula."
)
@url_option
def log_command(file: str, format_: str | None, plain_cells: bool, url: str) -> None:
    """Write all events of the log to FILE, as Parquet, CSV or JSON, for analysis.

    FILE is replaced atomically. With -, the command writes to standard output. The columns are those of the table
    host_events, in the order of the log. Events that cannot be read are reported and left out; the exit code is 1
    then. The command needs DuckDB: pip install 'hostsdb[duckdb]'. It writes a temporary file of about 600 bytes for
    each event to the folder TMPDIR.

    Example: hostsdb log log.parquet

    Example: hostsdb log - --format csv | head -3
    """
    format_ = format_ or PurePath(file).suffix.lower().removeprefix(".")
    if format_ not in FORMATS:
        raise click.UsageError("FILE must end with .parquet, .csv or .json, or give --format")
    if file == "-" and sys.stdout.isatty():
        raise click.UsageError("standard output is a terminal; give a FILE, or write to a pipe")
    with open_url(url) as database:
        database.initialize()
        with written_log(database, format_, plain_cells) as (content, count):
            if file == "-":
                copyfileobj(content, sys.stdout.buffer)
                sys.stdout.buffer.flush()
            else:
                with replacement(file) as target:
                    copyfileobj(content, target)
                click.echo(f"wrote {count} events to {file}")
