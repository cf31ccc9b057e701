"""Writes hostsdb/schema/expected/<dialect>.json from fresh databases: `make schema`.

PostgreSQL is the server that the tests run on. What only a later one can run stays as it is in the file.
"""

import json
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from hostsdb.cli.options import open_url
from hostsdb.database.driver import run
from hostsdb.database.open import Database
from hostsdb.schema.catalogue import Catalogue, actual_catalogue, read_expected
from hostsdb.schema.files import Migration, migrations_for
from hostsdb.url import Dialect
from tests.support.postgres_server import fresh_database, postgres_server

FOLDER = Path(__file__).parent.parent / "hostsdb" / "schema" / "expected"
WIDTH = 120
ANY_SERVER = sys.maxsize  # a version that reads every folder


def expected_file(url: str) -> str:
    """Return what the file says for the engine at a URL, a fresh database."""
    with open_url(url) as database:
        dialect = database.url.dialect
        made = dict(_changes(database))
    before = read_expected(dialect) if (FOLDER / f"{dialect}.json").exists() else {}
    ids = [migration.id for migration in migrations_for(dialect, ANY_SERVER)]
    content = {id: made.get(id, before.get(id)) for id in ids if id in made or id in before}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def by_hand(database: Database) -> Iterator[Migration]:
    """Run each migration file as a DBA would, without bookkeeping; yield after each."""
    for migration in database.schema_state().pending:
        with database.exclusive() as connection:
            run_text = connection.executescript if database.url.dialect == "sqlite" else connection.execute
            run_text(migration.file.read_text("utf-8"))
        yield migration


def _changes(database: Database) -> Iterator[tuple[str, dict[str, str | list[str] | None]]]:
    """Yield each migration's id with the entries of the catalogue that it changes, in order."""
    before: Catalogue = {}
    for migration in by_hand(database):
        after = run(database.engine, lambda: actual_catalogue(database.url.dialect))
        names = sorted(n for n in before.keys() | after.keys() if before.get(n) != after.get(n))
        yield migration.id, {name: _lines(after[name]) if name in after else None for name in names}
        before = after


def _lines(definition: str) -> str | list[str]:
    """Return a long definition as lines, none too wide to read: a line end is as good as a blank."""
    lines = [
        wrapped
        for line in definition.splitlines()
        for wrapped in textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
    ]
    return lines if len(lines) > 1 else definition


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(exist_ok=True)
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server())
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        urls: dict[Dialect, str] = {
            "postgres": stack.enter_context(fresh_database(server.url)),
            "duckdb": f"duckdb:///{folder}/hosts.duckdb",
            "sqlite": f"sqlite:///{folder}/hosts.db",
        }
        for dialect, url in urls.items():
            (FOLDER / f"{dialect}.json").write_text(expected_file(url), "utf-8")
            print(
                f"wrote {dialect}.json from {server.version if dialect == 'postgres' else url.split(':')[0]}"
            )


if __name__ == "__main__":
    main()
