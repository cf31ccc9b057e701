"""The commands that compare the schema with its migrations: check and adopt."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from hostsdb.cli.options import open_url, url_and_json, url_option
from hostsdb.cli.showing import show_json
from hostsdb.cli.terminal import printable, to_stderr
from hostsdb.database.driver import run
from hostsdb.schema.checking import Findings, Verdict, check_schema, compare_to_adopt

_DIFFERS = 4
_EXIT_CODES: dict[Verdict, int] = {"current": 0, "pending": 3, "drift": _DIFFERS, "newer": 5}


@click.command("check")
@url_and_json
def check_command(url: str, as_json: bool) -> None:
    """Compare the schema with the schema that the applied migrations make.

    Prints a line for each object that differs. Comments, statistics, storage parameters, additional indexes that are
    not unique, and objects of other applications are no difference. Only reads.

    Exit codes: 0 current, 1 an error, 3 migrations are pending, 4 the schema differs, 5 the database is newer than
    this hostsdb, and was not compared.

    Example: hostsdb check --json
    """
    with open_url(url, "file") as database:
        findings = run(database.engine, lambda: check_schema(database.url.dialect))
    if as_json:
        show_json(asdict(findings))
    else:
        _show(findings)
    sys.exit(_EXIT_CODES[findings.state])


def _show(findings: Findings) -> None:
    for migration_id in findings.pending:
        click.echo(f"pending  {migration_id}")
    for migration_id in findings.optional:
        click.echo(f"optional {migration_id}")
    for migration_id in findings.unknown:
        click.echo(f"unknown  {printable(migration_id)}  newer than this hostsdb")
    for migration_id in findings.compatible:
        click.echo(f"unknown  {printable(migration_id)}  newer than this hostsdb, which works with it")
    _show_differences(findings.differences)
    if findings.state == "current":
        click.echo("the schema is current")


def _show_differences(differences: tuple[str, ...] | list[str]) -> None:
    for difference in differences:
        click.echo(f"differs  {printable(difference)}")


@click.command("adopt")
@url_option
def adopt_command(url: str) -> None:
    """Record the pending migrations as applied, without running them.

    For a schema that was created by hand, or by a dump of the schema alone. It must be what all migrations make. A
    migration that is optional on this server may be missing.

    Exit codes: 0 recorded, or nothing was pending; 1 an error; 4 the schema differs, and nothing was recorded.

    Example: hostsdb adopt --url postgres://me@localhost/hosts
    """
    with open_url(url) as database:
        pending, differences = run(database.engine, lambda: compare_to_adopt(database.url.dialect))
        if pending and not differences:
            from hostsdb.schema.apply import adopt_migrations  # yoyo is slow to import

            with database.exclusive() as connection:
                adopt_migrations(database.url.dialect, connection, pending)
    _show_differences(differences)
    if differences:
        to_stderr("hostsdb: nothing was recorded; fix the differences and run adopt again")
        sys.exit(_DIFFERS)
    for migration in pending:
        click.echo(f"adopted {migration.id}")
    if not pending:
        click.echo("the schema is current")
