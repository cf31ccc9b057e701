"""Tables of another application in our schema: the migrations would fail in the middle."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hostsdb.errors import MigrationFailed
from hostsdb.schema.files import Migration
from hostsdb.schema.session import Session
from hostsdb.url import Dialect

_CREATED = re.compile(r"^CREATE TABLE (\w+)\b(?!\.)", re.MULTILINE)


def own_place(dialect: Dialect) -> str:
    """Return the advice to keep hostsdb apart from another application."""
    if dialect == "postgres":
        return (
            "give hostsdb a schema of its own: CREATE SCHEMA hostsdb, and add ?options=-csearch_path%3Dhostsdb to "
            "the URL"
        )
    return "give hostsdb a file of its own"


def refuse_taken_names(session: Session, migrations: Iterable[Migration]) -> None:
    """Raise MigrationFailed if a table that a migration creates is there, and the migration is not applied.

    Call it in a transaction that holds the lock of the migrations: another process may apply them.
    """
    there = {name for (name,) in session.run("table_names")}
    applied = (
        {id for (id,) in session.run("applied_migrations")} if "_yoyo_migration" in there else set[str]()
    )
    created = {
        name
        for migration in migrations
        if migration.id not in applied
        for name in _CREATED.findall(migration.file.read_text("utf-8"))
    }
    taken = sorted(created & there)
    if taken:
        by_hand = (
            "; if the migrations were applied by hand, run hostsdb adopt" if "host_events" in taken else ""
        )
        raise MigrationFailed(
            f"another application has tables with the names that hostsdb uses: {', '.join(taken)}; nothing was "
            f"changed; {own_place(session.dialect)}{by_hand}"
        )
