"""Options that several commands have, and how commands open a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from hostsdb.database.open import Database, open_database
from hostsdb.errors import MigrationFailed
from hostsdb.schema.state import refuse_unknown
from hostsdb.url import DEFAULT_URL, environment_url, parse_url

_Option = Callable[[Callable[..., Any]], Callable[..., Any]]

by_option: _Option = click.option(
    "--by", "created_by", metavar="NAME", help="The name of the user, for the history."
)

url_option: _Option = click.option(
    "--url",
    default=lambda: environment_url() or DEFAULT_URL,
    metavar="URL",
    help="The database: sqlite:///FILE, duckdb:///FILE or postgres://USER@HOST/DBNAME. "
    f"Default: HOSTSDB_URL, or the first line of the file HOSTSDB_URL_FILE, or {DEFAULT_URL}.",
)

_json_option: _Option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def url_and_json(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options --url and --json."""
    return url_option(_json_option(command))


dry_run_option: _Option = click.option(
    "--dry-run", is_flag=True, help="Print the changes without storing them. Exit code 2: there are changes."
)

quiet_option: _Option = click.option("--quiet", is_flag=True, help="Show no progress.")


def repeated_option(flag: str, name: str, metavar: str, help: str) -> _Option:
    """Return an option that may be repeated; the command gets its values as the argument `name`."""
    return click.option(flag, name, multiple=True, metavar=metavar, help=f"{help}; may be repeated.")


def seconds_option(flag: str, default: float | None, help: str, *, min: float = 0.1) -> _Option:
    """Return an option for a number of seconds."""
    kind = click.FloatRange(min=min)
    shown = default is not None
    return click.option(flag, type=kind, default=default, show_default=shown, metavar="SECONDS", help=help)


@contextmanager
def open_url(url: str) -> Iterator[Database]:
    """Open a database and close it after the block. Its schema is not checked."""
    database = open_database(parse_url(url))
    try:
        yield database
    finally:
        database.close()


@contextmanager
def open_current(url: str) -> Iterator[Database]:
    """Open a database as open_url does, and require a current schema.

    Raises:
        MigrationFailed: migrations are pending, or the database is newer than this package.
    """
    with open_url(url) as database:
        state = database.schema_state()
        refuse_unknown(state)
        if state.pending:
            raise MigrationFailed(f"{state.pending[0].id} is not applied yet; run hostsdb init first")
        yield database
