"""What several commands take and print."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from hostsdb.url import DEFAULT_URL

url_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--url",
    envvar="HOSTSDB_URL",
    default=DEFAULT_URL,
    metavar="URL",
    help="The database: sqlite:///FILE, duckdb:///FILE, postgres://USER@HOST/DBNAME; "
    f"else HOSTSDB_URL, else {DEFAULT_URL}.",
)

json_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON."
)
