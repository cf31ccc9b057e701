"""The command sql: the migrations as a script for a DBA."""

from __future__ import annotations

import click

from hostsdb.cli.options import open_url, url_option, with_option
from hostsdb.errors import MigrationFailed
from hostsdb.schema.files import Migration, migrations_for, refuse_unavailable
from hostsdb.sql_files import load_text, resource_folder
from hostsdb.url import Dialect


@click.command("sql")
@click.option(
    "--from", "first", type=click.IntRange(min=1), default=None, help="The number of the first migration."
)
@click.option(
    "--to", "last", type=click.IntRange(min=1), default=None, help="The number of the last migration."
)
@click.option(
    "--grants", is_flag=True, help="Print only the script that creates the roles and grants on PostgreSQL."
)
@click.option(
    "--role-prefix",
    help="The beginning of the names of the three roles, for --grants. Default: "
    'hostsdb_DATABASE_SCHEMA, or hostsdb_HASH if a name would be longer than 63 bytes or the schema\'s name has a "_".',
)
@click.option(
    "--dialect",
    type=click.Choice(["postgres", "duckdb", "sqlite"]),
    help="Print all migrations of this engine; no database is opened.",
)
@click.option(
    "--server-version",
    type=click.IntRange(min=15),
    default=19,
    show_default=True,
    help="The major version of the server, for --dialect postgres.",
)
@with_option
@url_option
def sql_command(
    first: int | None,
    last: int | None,
    grants: bool,
    role_prefix: str | None,
    dialect: Dialect | None,
    server_version: int,
    features: tuple[str, ...],
    url: str,
) -> None:
    """Print the SQL script that init would run.

    Without --dialect, the script has only the migrations that the database lacks. On PostgreSQL the database
    may have no schema yet. Run it in one transaction:
    psql -1 -v ON_ERROR_STOP=1 for PostgreSQL, sqlite3 -bail for SQLite, duckdb -bail for DuckDB. For SQLite and DuckDB
    the script has its own BEGIN and COMMIT.

    Example: hostsdb sql --dialect postgres --server-version 18 > hostsdb.sql
    """
    if grants:
        click.echo(_grants(role_prefix), nl=False)
        return
    from hostsdb.schema.script import script

    if dialect is None:
        with open_url(url, "file") as database:
            dialect = database.url.dialect
            migrations = database.schema_state(features).to_apply(optional=True)
        if not migrations:
            click.echo("-- the schema is current")
            return
    else:
        refuse_unavailable(dialect, features)
        migrations = migrations_for(dialect, server_version if dialect == "postgres" else 0, features)
    # Only psql has an option for one transaction: -1.
    begin, commit = ("", "") if dialect == "postgres" else ("BEGIN;", "COMMIT;")
    text = "\n\n".join([begin, *script(dialect, _between(migrations, first or 1, last)), commit])
    click.echo(text.strip())


def _grants(role_prefix: str | None) -> str:
    from hostsdb.schema.script import with_literals

    text = (resource_folder("sql") / "postgres" / "grants.sql").read_text("utf-8")
    if role_prefix is None:
        return text
    first = with_literals(load_text("postgres", "set_role_prefix"), {"role_prefix": role_prefix})
    return f"{first};\n\n{text}"


def _between(migrations: tuple[Migration, ...], first: int, last: int | None) -> list[Migration]:
    """Return the migrations from number `first` to number `last`, both included."""
    chosen = [m for m in migrations if first <= m.number <= (last or migrations[-1].number)]
    if not chosen:
        raise MigrationFailed(
            f"no migration has a number from {first} {f'to {last}' if last else 'on'}; "
            f"the last is {migrations[-1].number}"
        )
    return chosen
