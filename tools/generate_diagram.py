"""Writes the diagram and the list of objects in docs/schema.md: `make schema`. A test compares them.

The diagram is made from a new database on the PostgreSQL server of the tests.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from hostsdb.cli.options import open_url
from hostsdb.database.driver import run
from hostsdb.schema.catalogue import actual_catalogue, expected_catalogue
from hostsdb.schema.differences import Catalogue
from hostsdb.schema.files import migrations_for
from hostsdb.url import Dialect
from tests.support.postgres_server import fresh_database, postgres_server

PAGE = Path(__file__).parent.parent / "docs" / "schema.md"
ENGINES: tuple[Dialect, ...] = ("postgres", "duckdb", "sqlite")

# The relations that are no foreign key: the columns, the cardinality, and a description.
RELATIONS = [
    ("host_events.aggregate_id }|--o| host_entries.id", "a trigger keeps one row for each live host"),
    ("host_events.position |o--o{ snapshots.event_log_position", "as of this event"),
    ("host_events.position |o--o{ consumers.position", "handled up to this event"),
]
SHORT = {"timestamp with time zone": "timestamptz"}


def page(before: str, url: str) -> str:
    """Return the page with new generated parts. The database at the URL is empty; this migrates it."""
    with open_url(url, "nothing") as database:
        database.initialize()
        catalogue = run(database.engine, lambda: actual_catalogue("postgres"))
        with database.exclusive() as connection:
            columns = connection.execute(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = current_schema() ORDER BY ordinal_position"
            ).fetchall()
    before = _replaced(before, "diagram", "```mermaid\n" + "\n".join(_diagram(catalogue, columns)) + "\n```")
    return _replaced(before, "objects", "\n".join(_objects()))


def _replaced(text: str, part: str, content: str) -> str:
    marks = rf"(<!-- {part}: [^\n]*-->\n\n).*?(\n\n<!-- end -->)"
    return re.sub(marks, lambda match: match[1] + content + match[2], text, count=1, flags=re.S)


def _diagram(catalogue: Catalogue, columns: list[tuple[str, str]]) -> Iterator[str]:
    yield "erDiagram"
    for table in _tables():
        yield f"    {table} {{"
        for column in [column for owner, column in columns if owner == table]:
            yield f"        {_attribute(catalogue, table, column)}"
        yield "    }"
    yield from (f"    {line}" for line in _relations(catalogue))


def _tables() -> list[str]:
    """Return the tables in the order of the migrations."""
    names = expected_catalogue("postgres", [migration.id for migration in migrations_for("postgres")])
    return [name.removeprefix("table ") for name in names if name.startswith("table ")]


def _attribute(catalogue: Catalogue, table: str, column: str) -> str:
    definition = catalogue[f"column {table}.{column}"]
    kind = re.split(r" (?:COLLATE|NOT NULL|DEFAULT)\b", definition)[0]
    keys = [key for key, names in _keys(catalogue, table) if names == [column]]
    note = "" if " NOT NULL" in definition else ' "may be NULL"'
    return f"{SHORT.get(kind, kind)} {column}{' ' + ', '.join(keys) if keys else ''}{note}"


def _keys(catalogue: Catalogue, table: str) -> Iterator[tuple[str, list[str]]]:
    for name, definition in catalogue.items():
        match = re.match(r"(PRIMARY KEY|UNIQUE)[A-Z ]* \(([^)]*)\)$", definition)
        if match and name.startswith(f"constraint {table}."):
            yield {"PRIMARY KEY": "PK", "UNIQUE": "UK"}[match[1]], _names(match[2])


def _names(listed: str) -> list[str]:
    return [name.strip('" ') for name in listed.split(",")]


def _relations(catalogue: Catalogue) -> Iterator[str]:
    for name, definition in sorted(catalogue.items()):
        if match := re.match(r"FOREIGN KEY \((.*?)\) REFERENCES (\w+)\((.*?)\)", definition):
            table = name.removeprefix("constraint ").partition(".")[0]
            yield f'{match[2]} |o--o| {table} : "({match[1]}) names ({match[3]})"'
    for line, description in RELATIONS:
        one, how, other = line.split()
        assert {f"column {one}", f"column {other}"} <= catalogue.keys(), line
        yield f'{one.partition(".")[0]} {how} {other.partition(".")[0]} : "{description}"'


def _objects() -> Iterator[str]:
    """Yield a Markdown table: which engine has which object. Columns and constraints are left out."""
    engines_of: dict[tuple[str, str], set[Dialect]] = defaultdict(set)
    for engine in ENGINES:
        for name in expected_catalogue(engine, [migration.id for migration in migrations_for(engine)]):
            kind, _, own = name.partition(" ")
            if kind not in ("column", "constraint", "setting", "rows"):
                engines_of[kind, own.replace(" with time zone", "")].add(engine)
    yield "| object | PostgreSQL | DuckDB | SQLite |\n|---|---|---|---|"
    for (kind, own), engines in sorted(engines_of.items()):
        yield f"| {kind} `{own}` | " + " | ".join("yes" if e in engines else "" for e in ENGINES) + " |"


def main() -> None:
    """Write the page."""
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server())
        url = stack.enter_context(fresh_database(server.url))
        PAGE.write_text(page(PAGE.read_text("utf-8"), url), "utf-8")


if __name__ == "__main__":
    main()
