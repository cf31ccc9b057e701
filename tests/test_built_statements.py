"""Every statement is the text of a file; the few that Python puts together are listed here, each with its reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "hostsdb"

# Statements are in sql/ and migrations/. What is built in Python, or comes in a variable, is here with its reason.
BUILT = {
    (
        "engines/sqlite.py",
        "f'PRAGMA busy_timeout = {round(_BUSY_SLICE * 1000)}'",
    ): "a constant; PRAGMA takes none",
    (
        "schema/session.py",
        "f'PRAGMA busy_timeout = {self._milliseconds}'",
    ): "a number; PRAGMA takes none",
    (
        "schema/rebuilding.py",
        "f'DROP TRIGGER IF EXISTS {name}{on_table.format(table)}'",
    ): "names of our migrations",
    (
        "testing.py",
        "f'CREATE DATABASE {name} TEMPLATE template0'",
    ): "a name of hexadecimal digits, made there",
    ("testing.py", "f'DROP DATABASE {name} WITH (FORCE)'"): "the same",
    ("cli/name_server.py", "f'NOTIFY {zone}'"): "for PowerDNS's control socket, no SQL",
    ("cli/commands/schema.py", "f'DROP TABLE {table};'"): "looked for in a migration, and not run",
}
PASSED_ON = {
    ("engines/duckdb_memory.py", "_CURRENT"): "a constant of the module",
    ("engines/postgres_connect.py", "sql"): "the text of a file of sql/",
    ("engines/sqlite.py", "sql"): "the text of a file of sql/",
    ("engines/postgres_session.py", "sql"): "the text of a file of sql/",
    ("schema/session.py", "statement"): "of a migration, or of BUILT",
    ("schema/yoyo_duckdb.py", "sql"): "yoyo's",
    ("testing.py", "statement"): "of BUILT",
}
RUNS = {"execute", "executemany", "executescript", "copy", "copy_expert", "sql", "query", "stream"}
SQL = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|DROP|ALTER|TRUNCATE|PRAGMA|SET|BEGIN|COPY|LISTEN|NOTIFY|GRANT|LOCK)\s",
)


def nodes() -> Iterator[tuple[str, ast.AST]]:
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            yield str(file.relative_to(PACKAGE)), node


def built_texts() -> Iterator[tuple[str, str]]:
    """Give the places where Python puts a text together that begins like SQL."""
    for file, node in nodes():
        parts: list[ast.AST] = []
        if isinstance(node, ast.JoinedStr):
            parts = [node.values[0]] if len(node.values) > 1 else []
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
            parts = [node.left]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            parts = [node.func.value] if node.func.attr in ("format", "join", "format_map", "replace") else []
            parts += node.args[1:2] if node.func.attr == "replace" else []
        if any(
            isinstance(x, ast.Constant) and isinstance(x.value, str) and SQL.match(x.value) for x in parts
        ):
            yield file, ast.unparse(node)


def run_texts() -> Iterator[tuple[str, str]]:
    """Give the places where what is run is no literal, and no file's text by its name."""
    for file, node in nodes():
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in RUNS
            and node.args
        ):
            text = node.args[0]
            literal = isinstance(text, ast.Constant)
            of_a_file = isinstance(text, ast.Attribute) and text.attr == "text"
            loaded = isinstance(text, ast.Call) and getattr(text.func, "id", "") == "load_text"
            if not (literal or of_a_file or loaded):
                yield file, ast.unparse(text)


def test_no_statement_is_built_but_those_that_are_listed() -> None:
    assert set(built_texts()) == set(BUILT)
    assert set(run_texts()) - set(BUILT) == set(PASSED_ON)
    assert all(BUILT.values()) and all(PASSED_ON.values())


def test_the_search_for_built_statements_finds_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    (tmp_path / "evil.py").write_text(
        "c.execute(f'SELECT {x}')\nc.execute('DELETE FROM ' + x)\nq = 'INSERT INTO %s' % x\n"
        "c.executemany('UPDATE {}'.format(x), rows)\nc.execute(q)\nc.execute('SELECT 1')\n"
        "q = 'SELECT 1'.replace('1', x)\n"
    )
    assert len(set(built_texts())) == 5
    assert {text for _, text in run_texts()} == {
        "f'SELECT {x}'",
        "'DELETE FROM ' + x",
        "'UPDATE {}'.format(x)",
        "q",
    }


SQL_FILES = PACKAGE.parent / "sql"
NAMED_BY = {"run", "statement", "run_until", "Load", "Statement", "load", "load_text"}
DIALECTS = {"postgres", "duckdb", "sqlite"}
# Files that no operation runs, each with its reason.
NOT_RUN = {"grants": "printed by `hostsdb sql --grants`"}


def files_by_name(folder: Path = SQL_FILES) -> dict[str, set[str]]:
    """Return for each SQL name the folders that have a file of it."""
    files: dict[str, set[str]] = {}
    for file in folder.glob("*/*.sql"):
        files.setdefault(file.stem, set()).add(file.parent.name)
    return files


def constants() -> set[str]:
    return {
        node.value for _, node in nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def names_run() -> set[str]:
    """Return the names that calls give as literals."""
    return {
        argument.value
        for _, node in nodes()
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", None) or getattr(node.func, "attr", None)) in NAMED_BY
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    } - DIALECTS


def test_every_sql_file_is_used() -> None:
    files = files_by_name()
    assert set(files) - constants() == set(NOT_RUN)
    # A dialect's own file comes before the one of common/.
    unreachable = {name for name, folders in files.items() if folders == {"common"} | DIALECTS}
    assert unreachable == set()


def test_every_name_that_is_run_has_a_file() -> None:
    assert names_run() > {"list_all", "load_import", "conflicts", "state_with_position"}
    assert names_run() - set(files_by_name()) == set()


def test_the_search_for_names_finds_unused_and_missing_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evil.py").write_text('run("missing", id=1)\nload("sqlite", "used")\nNAMES = ("listed",)\n')
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    assert names_run() == {"missing", "used"}
    assert {"used", "listed"} <= constants()
    for folder in ("common", "duckdb"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "used.sql").touch()
    assert files_by_name(tmp_path) == {"used": {"common", "duckdb"}}
