"""The command sql: what init would run, as a script for a DBA."""

from __future__ import annotations

import click

from hostsdb.cli.options import open_url, url_option
from hostsdb.errors import MigrationFailed
from hostsdb.schema.files import Migration, migrations_for
from hostsdb.sql_files import resource_folder
from hostsdb.url import Dialect

_NEWEST_POSTGRES = 19


@click.command("sql")
@click.option(
    "--from", "first", type=click.IntRange(min=1), default=None, help="The first migration's number."
)
@click.option("--to", "last", type=click.IntRange(min=1), default=None, help="The last migration's number.")
@click.option("--grants", is_flag=True, help="Print the roles and rights for PostgreSQL instead.")
@click.option(
    "--dialect",
    type=click.Choice(["postgres", "duckdb", "sqlite"]),
    help="Print the whole script for this engine, without a database.",
)
@click.option(
    "--server-version",
    type=click.IntRange(min=15),
    default=_NEWEST_POSTGRES,
    show_default=True,
    help="With --dialect postgres: the server's major version.",
)
@url_option
def sql_command(
    first: int | None, last: int | None, grants: bool, dialect: Dialect | None, server_version: int, url: str
) -> None:
    """Print the script that init would run, for review and for running by hand.

    With a database, only what is pending. Run it in one transaction: psql -1 -v ON_ERROR_STOP=1 -f, sqlite3 -bail,
    or the DuckDB shell.

    Example: hostsdb sql --dialect postgres --server-version 18 > hostsdb.sql
    """
    if grants:
        click.echo((resource_folder("sql") / "postgres" / "grants.sql").read_text("utf-8"), nl=False)
        return
    from hostsdb.schema.script import script

    if dialect is None:
        with open_url(url) as database:
            dialect, migrations = database.url.dialect, database.schema_state().pending
        if not migrations:
            click.echo("-- the schema is current")
            return
    else:
        migrations = migrations_for(dialect, server_version if dialect == "postgres" else 0)
    # SQLite and DuckDB have no `psql -1`: their transaction stands in the script.
    begin, commit = ("", "") if dialect == "postgres" else ("BEGIN;", "COMMIT;")
    text = "\n\n".join([begin, *script(dialect, _between(migrations, first or 1, last)), commit])
    click.echo(text.strip())


def _between(migrations: tuple[Migration, ...], first: int, last: int | None) -> list[Migration]:
    """Return the migrations from one number to another, both included.

    Raises:
        MigrationFailed: there is none between them.
    """
    chosen = [m for m in migrations if first <= m.number <= (last or migrations[-1].number)]
    if not chosen:
        raise MigrationFailed(
            f"no migration has a number from {first} to {last}; the last is {migrations[-1].number}"
        )
    return chosen
