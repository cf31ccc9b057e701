"""What is in a database's schema, what belongs there, and how the two differ, in words."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from difflib import SequenceMatcher
from importlib.resources import files

from hostsdb.errors import escaped
from hostsdb.operations.steps import Operation, run
from hostsdb.schema.sqlite_text import parts_of_table
from hostsdb.url import Dialect

# From an object's kind and name, as in "index idx_events_time", to its definition. What stands in a table has the
# table's name before its own, as in "column host_events.comment".
Catalogue = Mapping[str, str]

_MOST_SHOWN = 100  # characters of a definition in a message


def actual_catalogue(dialect: Dialect) -> Operation[Catalogue]:
    """Return what is in the schema, objects of other owners too; reads the engine's own tables alone."""
    rows = yield from run("catalogue")
    if dialect == "sqlite":
        rows = [part for row in rows for part in parts_of_table(*row)]
    return {f"{kind} {name}": definition for kind, name, definition in rows}


def expected_catalogue(dialect: Dialect, migrations: Collection[str]) -> Catalogue:
    """Return what is in the schema of a fresh database to which these migrations, ids, were applied."""
    expected: dict[str, str | list[str] | None] = {}
    for migration, changes in read_expected(dialect).items():
        if migration in migrations:
            expected |= changes
    return {
        name: definition if isinstance(definition, str) else "\n".join(definition)
        for name, definition in expected.items()
        if definition is not None
    }


def read_expected(dialect: Dialect) -> dict[str, dict[str, str | list[str] | None]]:
    """Return what each migration makes of the catalogue: new definitions, None for what it drops.

    A long definition is a list of lines, so that the file reads well. `make schema` writes it.
    """
    file = files("hostsdb.schema") / "expected" / f"{dialect}.json"
    return json.loads(file.read_text("utf-8"))  # type: ignore[no-any-return]


def differences(expected: Catalogue, actual: Catalogue) -> list[str]:
    """Say object by object what is missing from our schema or differs.

    White space counts as one blank, however much it is: line ends and indentation are no difference. What somebody
    else keeps in the same schema is none either, unless it is a column or a constraint in a table of ours.
    """
    return [*_missing_or_different(expected, actual), *_added(expected, actual)]


def _missing_or_different(expected: Catalogue, actual: Catalogue) -> Iterator[str]:
    for name, definition in expected.items():
        if name in actual:
            ours, theirs = definition.split(), actual[name].split()
            if ours != theirs:
                yield f"{name} {_in_words(ours, theirs)}"
        elif _table_of(name) not in expected.keys() - actual.keys():
            yield f"{name} is missing"


def _added(expected: Catalogue, actual: Catalogue) -> Iterator[str]:
    for name in sorted(actual.keys() - expected.keys()):
        if name.startswith(("column ", "constraint ")) and _table_of(name) in expected:
            yield f"{name} does not belong there"


def _table_of(name: str) -> str:
    """Return the name of the table in which an object stands, in the catalogue's way."""
    own_name = name.split(" ", 1)[1]
    table, dot, _ = own_name.partition(".")
    return f"table {table}" if dot else ""


def _in_words(expected: list[str], actual: list[str]) -> str:
    """Return how two definitions, split into words, differ: both where they are short, else the first difference."""
    if max(len(" ".join(expected)), len(" ".join(actual))) <= _MOST_SHOWN:
        return f"has {_shown(actual)}, expected {_shown(expected)}"
    steps = SequenceMatcher(None, expected, actual, autojunk=False).get_opcodes()
    _, start, end, actual_start, actual_end = next(step for step in steps if step[0] != "equal")
    return (
        f"differs: it has {_shown(actual[actual_start:actual_end])} "
        f"where {_shown(expected[start:end])} is expected"
    )


def _shown(words: list[str]) -> str:
    return f"`{escaped(' '.join(words), _MOST_SHOWN)}`" if words else "nothing"
