"""Writes hostsdb/schema/expected/postgres.json from a new database: `make schema`.

The server is the one of the tests. The entries of migrations that only a newer server can run are kept.
"""

import json
import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from hostsdb.cli.options import open_url
from hostsdb.database.driver import run
from hostsdb.database.open import Database
from hostsdb.schema.catalogue import actual_catalogue, read_expected, run_file
from hostsdb.schema.differences import Catalogue
from hostsdb.schema.files import FEATURES, migrations_for
from tests.support.postgres_server import fresh_database, postgres_server

FILE = Path(__file__).parent.parent / "hostsdb" / "schema" / "expected" / "postgres.json"
WIDTH = 120
ANY_SERVER = sys.maxsize  # a version that has all folders


def expected_file(url: str) -> str:
    """Return the content of the file, from an empty PostgreSQL database."""
    with open_url(url, "nothing") as database:
        created = dict(_changes(database))
    before = read_expected() if FILE.exists() else {}
    ids = [migration.id for migration in migrations_for("postgres", ANY_SERVER, FEATURES)]
    content = {id: created.get(id, before.get(id)) for id in ids if id in created or id in before}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _changes(database: Database) -> Iterator[tuple[str, dict[str, str | list[str] | None]]]:
    """Run each migration; yield its id and the entries of the catalogue that it changes."""
    before: Catalogue = {}
    for migration in database.schema_state(FEATURES).migrations:
        with database.exclusive() as connection:
            run_file("postgres", connection, migration)
        after = _without_owners(run(database.engine, lambda: actual_catalogue("postgres")))
        names = sorted(n for n in before.keys() | after.keys() if before.get(n) != after.get(n))
        yield migration.id, {name: _lines(after[name]) if name in after else None for name in names}
        before = after


def _without_owners(catalogue: Catalogue) -> Catalogue:
    """Leave out who owns the objects: any role may, but one role all of them."""
    return {name: definition for name, definition in catalogue.items() if not name.startswith("owner ")}


def _lines(definition: str) -> str | list[str]:
    """Split a long definition into lines. A line break equals a blank in the comparison."""
    lines = [
        wrapped
        for line in definition.splitlines()
        for wrapped in textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
    ]
    return lines if len(lines) > 1 else definition


def main() -> None:
    """Write the file."""
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server())
        FILE.write_text(expected_file(stack.enter_context(fresh_database(server.url))), "utf-8")
        print(f"wrote {FILE.name} from PostgreSQL {server.version}")


if __name__ == "__main__":
    main()
