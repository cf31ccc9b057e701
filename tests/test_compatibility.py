"""The page on compatibility names public parts that exist, and the versions that the package declares."""

from __future__ import annotations

import json
import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import hostsdb
from hostsdb.schema.catalogue import expected_catalogue
from hostsdb.schema.files import migrations_for
from hostsdb.url import Dialect
from tests.support.command import hostsdb_command

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "compatibility.md").read_text("utf-8")


def cell(section: str, first: str) -> str:
    """Return the second cell of the row that begins with this one, in the table of a section."""
    [found] = re.findall(rf"^\| {first} \| ([^|]*) \|", PAGE.partition(f"## {section}\n")[2], re.M)[:1]
    return str(found)


def names(first: str) -> list[str]:
    return re.findall(r"`([\w.]+)`", cell("What is public", first))


def test_the_names_of_python_exist() -> None:
    found = [name.rpartition(".") for name in names("Python") if "." in name]
    assert ("hostsdb", ".", "__all__") in found and len(found) > 5
    assert [name for module, _, name in found if not hasattr(import_module(module), name)] == []
    fixtures = [name for name in names("Python") if name.startswith("hostsdb_")]
    assert fixtures and all(hasattr(import_module("hostsdb.testing"), name) for name in fixtures)


def test_the_variables_are_those_of_the_source() -> None:
    source = "".join(file.read_text("utf-8") for file in (ROOT / "hostsdb").rglob("*.py"))
    assert set(names("configuration")) == set(re.findall(r"HOSTSDB_[A-Z]+(?:_[A-Z]+)*", source))


@pytest.mark.parametrize("engine", ["postgres", "duckdb", "sqlite"])
def test_the_objects_of_the_schema_exist(engine: Dialect) -> None:
    objects = expected_catalogue(engine, [migration.id for migration in migrations_for(engine)])
    kinds = {(kind, name.partition("(")[0]) for kind, _, name in (key.partition(" ") for key in objects)}
    assert {name for name in names("tables") if ("table", name) not in kinds} == set()
    assert {name for name in names("views") if ("view", name) not in kinds} == set()
    functions = {"postgres": names("functions"), "duckdb": ["host_entries_at"], "sqlite": []}
    kind = "function" if engine == "postgres" else "macro"
    assert {name for name in functions[engine] if (kind, name) not in kinds} == set()


def test_the_versions_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    classifiers = re.findall(r"Python :: (3\.\d+)$", "\n".join(project["classifiers"]), re.M)
    assert re.findall(r"3\.\d+", versions("Python")) == classifiers
    assert project["requires-python"] == f">={classifiers[0]}"
    readme = (ROOT / "README.md").read_text("utf-8")
    lowest, highest = re.findall(r"PostgreSQL (\d+) to (\d+)", readme)[0]
    assert re.findall(r"\d+", versions("PostgreSQL")) == [
        str(number) for number in range(int(lowest), int(highest) + 1)
    ]


def versions(what: str) -> str:
    return cell("Supported versions", what)


def test_the_columns_of_a_pipe_and_the_keys_of_json_have_names(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/hosts.db"
    assert hostsdb_command("add", "10.0.0.1", "nas.lan", HOSTSDB_URL=url).returncode == 0
    first, _ = hostsdb_command("list", HOSTSDB_URL=url).stdout.splitlines()
    assert first.split("\t") == ["address", "hostname", "aliases", "tags", "comment", "priority"]
    [host] = json.loads(hostsdb_command("list", "--json", HOSTSDB_URL=url).stdout)
    assert set(host) == set(hostsdb.HostEntry.__match_args__)
