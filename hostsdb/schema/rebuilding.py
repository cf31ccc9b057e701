"""Rebuild host_entries, and the name server's names, from the log.

Needed only after somebody disabled a trigger and changed a table.
"""

from __future__ import annotations

import re
from typing import Any

from hostsdb.errors import QueryFailed
from hostsdb.operations.zones import ZONES
from hostsdb.schema.files import migrations_for
from hostsdb.schema.script import statements
from hostsdb.schema.session import Session, is_lock_timeout
from hostsdb.sql_files import load_text
from hostsdb.url import Dialect

# The triggers that refuse a direct write to the tables which the log's triggers write.
_GUARD = re.compile(r"^CREATE TRIGGER (\w+)\s.*?\bON (host_entries|log_head)\b", re.MULTILINE)


def rebuild(dialect: Dialect, connection: Any, lock_timeout: float) -> int:
    """Rebuild host_entries, and the name server's names, from the log in one transaction.

    Writers wait for it; readers see the old rows. The guards are disabled only inside the transaction, so a failure or
    a kill changes nothing.

    Arguments:
        dialect: the engine.
        connection: the driver's connection, in autocommit mode, with no other user.
        lock_timeout: how long to wait for open write transactions, in seconds.
    Returns:
        the number of hosts.
    Raises:
        QueryFailed: this role has not the owner's rights, a write transaction did not end in time, or the log has
            two live hosts with the same ip_address and hostname.
    """
    session = Session(dialect, connection, lock_timeout)
    if dialect == "postgres":
        _require_owner(session)
    disable, enable = _guards(dialect)
    with session.transaction(
        "rebuild_lock",
        lambda error, reason: QueryFailed(f"host_entries is unchanged: {_reason(session, error, reason)}"),
    ):
        session.run_statements(disable)
        for name in _steps(session):
            session.run(name)
        session.run_statements(enable)
        ((hosts,),) = session.run("count_entries")
    return int(hosts)


def _steps(session: Session) -> list[str]:
    """Return the statements. The triggers also fill the names, but a row that no host makes would be in their way.

    The names are then computed once more, because somebody may have disabled these triggers too.
    """
    steps = ["rebuild_clear", "rebuild_fill"] + ["rebuild_head"] * (session.dialect == "duckdb")
    ((has_zones,),) = session.run("is_applied", migration_id=ZONES)
    if has_zones:
        names = ["rebuild_clear_names", "rebuild_clear_parents"]
        steps = [steps[0], *names, *steps[1:], *names, "rebuild_fill_names"]
        steps += ["rebuild_fill_parents"] * (session.dialect == "postgres")
    return steps


def _guards(dialect: Dialect) -> tuple[list[str], list[str]]:
    """Return the statements that disable the guards, and the statements that enable them.

    Only PostgreSQL can disable a trigger. On the other engines it is dropped, and created by its migration's statement.
    """
    if dialect == "postgres":
        return [load_text(dialect, "rebuild_unguard")], [load_text(dialect, "rebuild_guard")]
    guards: dict[tuple[str, str], str] = {}
    for migration in migrations_for(dialect):
        for statement in statements(migration.file):
            if match := _GUARD.search(statement):
                guards[match[1], match[2]] = statement
    on_table = " ON {}" if dialect == "duckdb" else ""
    drop = [f"DROP TRIGGER IF EXISTS {name}{on_table.format(table)}" for name, table in guards]
    return drop, list(guards.values())


def _require_owner(session: Session) -> None:
    """Check the rights first: a refused statement would be an ERROR in the server's log."""
    ((owner, may_rebuild),) = session.run("rebuild_owner")
    if not may_rebuild:
        raise QueryFailed(f"only the owner of host_entries may do this; have {owner} run: hostsdb rebuild")


def _reason(session: Session, error: Exception, reason: str) -> str:
    if is_lock_timeout(error):
        return f"a write transaction did not end within {session.lock_timeout:g} s; try again"
    # host_entries has two unique constraints. The log cannot violate the one on id.
    if "unique constraint" in reason.lower():
        return (
            "the log has two live hosts with the same ip_address and hostname; "
            "change or delete one of them, then run hostsdb rebuild again"
        )
    return reason
