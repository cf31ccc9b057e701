"""The commands that change the schema or tell of it: init, status, rollback."""

from __future__ import annotations

import json

import click

from hostsdb.cli.options import json_option, lock_timeout_option, open_url, url_option
from hostsdb.cli.showing import printable
from hostsdb.database.driver import run
from hostsdb.database.open import Database
from hostsdb.operations.steps import run as statement
from hostsdb.rows import moment
from hostsdb.schema.files import Migration, migrations_for
from hostsdb.schema.state import refuse_newer


@click.command("init")
@url_option
@lock_timeout_option("another process that migrates")
def init_command(url: str, lock_timeout: float) -> None:
    """Bring the schema of the database up to date, or make it.

    Example: hostsdb init --url postgres://me@localhost/hosts
    """
    with open_url(url) as database:
        applied = database.initialize(lock_timeout)
    for migration in applied:
        click.echo(f"applied {migration}")
    if not applied:
        click.echo("the schema is current")


@click.command("status")
@url_option
@json_option
def status_command(url: str, as_json: bool) -> None:
    """Show which migrations are applied, when and by whom, and which are pending.

    Example: hostsdb status --json
    """
    with open_url(url) as database:
        state = database.schema_state()
        log = (
            run(database.engine, lambda: statement("migration_log")) if state.applied or state.unknown else []
        )
    applied = [
        {"id": id, "applied_at": moment(at).isoformat() if at else None, "by": user, "from": host}
        for id, at, user, host, *_ in log
    ]
    pending = [migration.id for migration in state.pending]
    if as_json:
        click.echo(json.dumps({"applied": applied, "pending": pending, "unknown": state.unknown}))
        return
    for row in applied:
        newer = "  newer than this hostsdb" if row["id"] in state.unknown else ""
        click.echo(printable(f"applied  {row['id']}  {row['applied_at']}  {row['by']}@{row['from']}{newer}"))
    for migration_id in pending:
        click.echo(f"pending  {migration_id}")


@click.command("rollback")
@click.option("--to", "number", type=click.IntRange(min=0), required=True, help="The last migration to keep.")
@click.option("--yes", is_flag=True, help="Do not ask when data would go.")
@url_option
@lock_timeout_option("another process that migrates")
def rollback_command(number: int, yes: bool, url: str, lock_timeout: float) -> None:
    """Undo the migrations after number --to, the last one first.

    Example: hostsdb rollback --to 4
    """
    with open_url(url) as database:
        state = database.schema_state()
        refuse_newer(state)
        undone = [m for m in _known(database) if m.number > number and m.id in state.applied][::-1]
        lost = _data_at_stake(database, undone)
        if lost and not yes:
            click.confirm(f"{', '.join(lost)} would be lost for good. Go on?", abort=True)
        from hostsdb.schema.apply import rollback_migrations

        with database.exclusive() as connection:
            for migration_id in rollback_migrations(database.url.dialect, connection, undone, lock_timeout):
                click.echo(f"undid {migration_id}")
    if not undone:
        click.echo(f"no migration after {number} is applied")


def _known(database: Database) -> tuple[Migration, ...]:
    ((_, major_version),) = run(database.engine, lambda: statement("schema_state"))
    return migrations_for(database.url.dialect, major_version)


# The tables whose rows cannot be derived again from other ones, and the statement that counts each one's rows.
_COUNTED = {"host_events": "count_all_events", "snapshots": "count_snapshots", "consumers": "count_consumers"}


def _data_at_stake(database: Database, undone: list[Migration]) -> list[str]:
    lost = []
    for table, count in _COUNTED.items():
        if any(f"DROP TABLE {table};" in migration.rollback.read_text("utf-8") for migration in undone):
            ((rows,),) = run(database.engine, lambda count=count: statement(count))  # type: ignore[misc]
            if rows:
                lost.append(f"{rows} {'events' if table == 'host_events' else table}")
    return lost
