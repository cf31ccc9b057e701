"""Options that several commands have, and how commands open a database."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import click

from hostsdb.database.missing import refuse_missing_file, refuse_missing_schema
from hostsdb.database.open import Database, open_database
from hostsdb.errors import MigrationFailed
from hostsdb.schema.files import FEATURES
from hostsdb.schema.state import refuse_unknown
from hostsdb.storage import Storage
from hostsdb.url import DEFAULT_URL, environment_url, parse_url

_Option = Callable[[Callable[..., Any]], Callable[..., Any]]


def _user() -> str | None:
    """Return who runs the command; None if the environment does not say."""
    return next(filter(None, map(os.environ.get, ("HOSTSDB_BY", "SUDO_USER", "USER"))), None)


by_option: _Option = click.option(
    "--by",
    "created_by",
    default=_user,
    metavar="NAME",
    help="The name of the user, for the history. Default: HOSTSDB_BY, SUDO_USER or USER.",
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

yes_option: _Option = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")

quiet_option: _Option = click.option("--quiet", is_flag=True, help="Show no progress.")


def repeated_option(flag: str, name: str, metavar: str, help: str) -> _Option:
    """Return an option that may be repeated; the command gets its values as the argument `name`."""
    return click.option(flag, name, multiple=True, metavar=metavar, help=f"{help}; may be repeated.")


without_tag_option: _Option = repeated_option(
    "--without-tag", "without_tags", "TAG", "Omit hosts with this tag"
)


def seconds_option(flag: str, default: float | None, help: str, *, min: float = 0.1) -> _Option:
    """Return an option for a number of seconds."""
    kind = click.FloatRange(min=min)
    shown = default is not None
    return click.option(flag, type=kind, default=default, show_default=shown, metavar="SECONDS", help=help)


with_option: _Option = click.option(
    "--with",
    "features",
    multiple=True,
    type=click.Choice(FEATURES),
    help="Also the migrations of this feature. dns: what PowerDNS reads and writes (PostgreSQL and SQLite).",
)


Needed = Literal["nothing", "file", "schema"]


@contextmanager
def open_url(url: str, needed: Needed = "schema") -> Iterator[Database]:
    """Open a database and close it after the block.

    Arguments:
        url: the database.
        needed: what must be there. With "nothing", a missing file is created.
    Raises:
        ConnectionFailed, MigrationFailed: the file or the schema is missing. No file is created.
    """
    parsed = parse_url(url)
    if needed != "nothing":
        refuse_missing_file(parsed)
    database = open_database(parsed)
    try:
        if needed == "schema":
            refuse_missing_schema(database)
        yield database
    finally:
        database.close()


@contextmanager
def open_storage(url: str, needed: Needed = "schema") -> Iterator[Storage]:
    """Open a database as open_url does, and apply pending migrations. Give a Storage."""
    with open_url(url, needed) as database:
        database.initialize()
        yield Storage(database)


@contextmanager
def open_current(url: str) -> Iterator[Database]:
    """Open a database as open_url does, and require a current schema.

    Raises:
        MigrationFailed: migrations are pending, or the database is newer than this package.
    """
    with open_url(url) as database:
        state = database.schema_state()
        refuse_unknown(state, database.url.dialect)
        if state.pending:
            raise MigrationFailed(f"{state.pending[0].id} is not applied yet; run hostsdb init first")
        yield database
