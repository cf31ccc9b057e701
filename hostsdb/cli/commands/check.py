"""The commands that compare the schema with what it should be: check and adopt."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from hostsdb.cli.options import json_option, open_url, url_option
from hostsdb.cli.showing import printable
from hostsdb.database.driver import run
from hostsdb.schema.checking import Findings, Verdict, check_schema, compare_with_all

_EXIT_CODES: dict[Verdict, int] = {"current": 0, "pending": 3, "drift": 4, "newer": 5}


@click.command("check")
@url_option
@json_option
def check_command(url: str, as_json: bool) -> None:
    """Compare the schema with what its migrations make, object by object; reads only.

    Exit codes: 0 current, 1 an error, 3 migrations are pending, 4 something differs, 5 newer than this hostsdb.

    Example: hostsdb check --json
    """
    with open_url(url) as database:
        findings = run(database.engine, lambda: check_schema(database.url.dialect))
    if as_json:
        click.echo(json.dumps(asdict(findings), ensure_ascii=False))
    else:
        _show(findings)
    sys.exit(_EXIT_CODES[findings.state])


def _show(findings: Findings) -> None:
    for migration_id in findings.pending:
        click.echo(f"pending  {migration_id}")
    for migration_id in findings.unknown:
        click.echo(f"unknown  {printable(migration_id)}  newer than this hostsdb")
    for difference in findings.differences:
        click.echo(f"differs  {printable(difference)}")
    if findings.state == "current":
        click.echo("the schema is current")


@click.command("adopt")
@url_option
def adopt_command(url: str) -> None:
    """Record the migrations of a schema that was made by hand, after comparing it object by object.

    Exit codes: 0 recorded, 1 an error, 4 something differs, and nothing is recorded.

    Example: hostsdb adopt --url postgres://me@localhost/hosts
    """
    with open_url(url) as database:
        pending, differences = run(database.engine, lambda: compare_with_all(database.url.dialect))
        if pending and not differences:
            from hostsdb.schema.apply import adopt_migrations  # yoyo is slow to import

            with database.exclusive() as connection:
                adopt_migrations(database.url.dialect, connection, pending)
    for difference in differences:
        click.echo(f"differs  {printable(difference)}")
    if differences:
        click.echo("hostsdb: nothing was recorded; mend what differs and adopt again", err=True)
        sys.exit(4)
    for migration in pending:
        click.echo(f"adopted {migration.id}")
    if not pending:
        click.echo("the schema is current")
