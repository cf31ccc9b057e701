"""The commands that migrate: init, status and rollback."""

from __future__ import annotations

import click

from hostsdb.cli.asking import confirm
from hostsdb.cli.options import open_url, seconds_option, url_and_json, url_option, with_option
from hostsdb.cli.showing import show_json
from hostsdb.cli.state import log_lines, log_object
from hostsdb.cli.terminal import printable, to_stderr
from hostsdb.database.driver import run
from hostsdb.database.open import Database
from hostsdb.errors import QueryFailed
from hostsdb.operations.monitoring import LogStatus, log_status
from hostsdb.operations.steps import run as statement
from hostsdb.rows import moment
from hostsdb.schema.files import Migration
from hostsdb.schema.state import refuse_newer

_migration_lock_option = seconds_option(
    "--lock-timeout", 30.0, "How long to wait for another process that migrates."
)


@click.command("init")
@with_option
@url_option
@_migration_lock_option
def init_command(features: tuple[str, ...], url: str, lock_timeout: float) -> None:
    """Create the schema, or apply the pending migrations and those that are optional on this server.

    On PostgreSQL it uses the first existing schema of the search_path. Several processes may run it at the same time:
    one migrates, and the others wait.

    Example: hostsdb init --url postgres://me@localhost/hosts
    """
    with open_url(url, "nothing") as database:
        applied = database.initialize(lock_timeout, optional=True, features=features)
    for migration in applied:
        click.echo(f"applied {migration}")
    if not applied:
        click.echo("the schema is current")


@click.command("status")
@url_and_json
def status_command(url: str, as_json: bool) -> None:
    """Show which migrations are applied, when and by whom, and which are pending or optional; and the state of the log.

    With a current schema it also shows the end of the log, the transaction that hides events from readers of the log
    (PostgreSQL), the lag of each consumer, and the origin of a replica.

    Example: hostsdb status --json
    """
    with open_url(url, "file") as database:
        state = database.schema_state()
        migrated = state.applied or state.unknown
        log = run(database.engine, lambda: statement("migration_log")) if migrated else []
        current = state.exists and not state.pending
        events = _log_status(database) if current else None
    applied = [
        {"id": id, "applied_at": moment(at).isoformat() if at else None, "by": user, "from": host}
        for id, at, user, host, *_ in log
    ]
    pending = [migration.id for migration in state.pending]
    optional = [migration.id for migration in state.optional]
    if as_json:
        newer_ids = {"unknown": state.unknown, "compatible": state.compatible}
        as_object = None if events is None else log_object(events)
        show_json(
            {"applied": applied, "pending": pending, "optional": optional, **newer_ids, "log": as_object}
        )
        return
    for row in applied:
        newer = "  newer than this hostsdb" if row["id"] in state.newer else ""
        newer += ", which works with it" if row["id"] in state.compatible else ""
        click.echo(printable(f"applied  {row['id']}  {row['applied_at']}  {row['by']}@{row['from']}{newer}"))
    for migration_id in pending:
        click.echo(f"pending  {migration_id}")
    for migration_id in optional:
        click.echo(f"optional {migration_id}")
    if events is not None:
        for line in log_lines(events):
            click.echo(printable(line))


def _log_status(database: Database) -> LogStatus | None:
    """Return the state of the log; None if this role may not read it, which is reported."""
    try:
        return run(database.engine, log_status)
    except QueryFailed as error:
        to_stderr(f"hostsdb: the state of the log is not shown: {error}")
        return None


@click.command("rollback")
@click.option(
    "--to",
    "number",
    type=click.IntRange(min=0),
    required=True,
    help="The number of the last migration to keep.",
)
@click.option("--yes", is_flag=True, help="Do not ask before data is dropped.")
@url_option
@_migration_lock_option
def rollback_command(number: int, yes: bool, url: str, lock_timeout: float) -> None:
    """Undo the migrations after number --to, the last one first.

    Asks before it drops events, snapshots or the positions of consumers.

    Example: hostsdb rollback --to 4
    """
    with open_url(url) as database:
        state = database.schema_state()
        refuse_newer(state, "rollback")
        undone = [m for m in state.migrations if m.number > number and m.id in state.applied][::-1]
        lost = _data_at_stake(database, undone)
        if lost and not yes:
            confirm(f"{', '.join(lost)} would be lost. Continue?")
        from hostsdb.schema.apply import rollback_migrations  # yoyo is slow to import

        with database.exclusive() as connection:
            for migration_id in rollback_migrations(database.url.dialect, connection, undone, lock_timeout):
                click.echo(f"undid {migration_id}")
    if not undone:
        click.echo(f"no migration after {number} is applied")


# The tables that cannot be rebuilt from other tables, with the statement that counts the rows of each.
_COUNTED = {
    "host_events": "count_all_events",
    "snapshots": "count_snapshots",
    "consumers": "count_consumers",
    "erasures": "count_erasures",
    "dns.zones": "count_zones",
    "dns_zones": "count_zones",
}

_SHOWN = {"host_events": "events", "dns.zones": "zones", "dns_zones": "zones"}


def _data_at_stake(database: Database, undone: list[Migration]) -> list[str]:
    lost = []
    for table, count in _COUNTED.items():
        if any(f"DROP TABLE {table};" in migration.rollback.read_text("utf-8") for migration in undone):
            ((rows,),) = run(database.engine, lambda count=count: statement(count))  # type: ignore[misc]
            if rows:
                lost.append(f"{rows} {_SHOWN.get(table, table)}")
    return lost
