"""What several commands take and print."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from hostsdb.database.open import Database, open_database
from hostsdb.errors import MigrationFailed
from hostsdb.schema.state import refuse_newer
from hostsdb.url import DEFAULT_URL, environment_url, parse_url

by_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--by", "created_by", metavar="NAME", help="Who does it, for the history."
)

url_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--url",
    default=lambda: environment_url() or DEFAULT_URL,
    metavar="URL",
    help="The database: sqlite:///FILE, duckdb:///FILE, postgres://USER@HOST/DBNAME; else HOSTSDB_URL, "
    f"or the first line of the file HOSTSDB_URL_FILE, else {DEFAULT_URL}.",
)

json_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON."
)

quiet_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--quiet", is_flag=True, help="Show no progress."
)


def lock_timeout_option(whom: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option --lock-timeout; `whom` ends its help: what it is that is waited for."""
    return click.option(
        "--lock-timeout",
        type=click.FloatRange(min=0.1),
        default=30.0,
        show_default=True,
        metavar="SECONDS",
        help=f"How long to wait for {whom}.",
    )


@contextmanager
def open_url(url: str) -> Iterator[Database]:
    """Open a database as it is, whatever its schema; close it afterwards."""
    database = open_database(parse_url(url))
    try:
        yield database
    finally:
        database.close()


@contextmanager
def open_current(url: str) -> Iterator[Database]:
    """Open a database whose schema is the one that this package knows.

    Raises:
        MigrationFailed: migrations are pending, or it is newer.
    """
    with open_url(url) as database:
        state = database.schema_state()
        refuse_newer(state)
        if state.pending:
            raise MigrationFailed(f"{state.pending[0].id} is not applied yet; run hostsdb init first")
        yield database
