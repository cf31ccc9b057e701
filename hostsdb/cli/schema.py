"""The commands about the schema: init and status."""

from __future__ import annotations

import json

import click

from hostsdb import connect
from hostsdb.cli.options import json_option, url_option
from hostsdb.connecting import open_database
from hostsdb.driver import run
from hostsdb.schema.state import schema_state
from hostsdb.url import parse_url


@click.command("init")
@url_option
def init_command(url: str) -> None:
    """Bring the schema of the database up to date, or make it.

    Example: hostsdb init --url postgres://me@localhost/hosts
    """
    with connect(url, initialize=False) as storage:
        applied = storage.initialize()
    for migration in applied:
        click.echo(f"applied {migration}")
    if not applied:
        click.echo("the schema is current")


@click.command("status")
@url_option
@json_option
def status_command(url: str, as_json: bool) -> None:
    """Show which migrations are applied and which are pending.

    Example: hostsdb status --json
    """
    database = open_database(parse_url(url))
    try:
        state = run(database.engine, lambda: schema_state(database.url.dialect))
    finally:
        database.close()
    pending = [migration.id for migration in state.pending]
    if as_json:
        click.echo(json.dumps({"applied": state.applied, "pending": pending, "unknown": state.unknown}))
        return
    for what, ids in (("applied", state.applied), ("pending", pending), ("unknown", state.unknown)):
        for migration_id in ids:
            click.echo(f"{what}  {migration_id}")
