"""Only init, import, add and copy create a database. Every other command fails and says how to create it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import psycopg
import pytest
from click.testing import CliRunner, Result

import hostsdb
from hostsdb.cli import cli
from tests.support.postgres_server import fresh_database

CREATING = {"init", "import", "add"}
# A value for each argument and required option, by its name; other texts are "x", other numbers 1.
VALUES = {"moment": "2026-01-31T12:00:00Z", "ip_address": "10.0.0.1"}
MORE: dict[tuple[str, ...], list[str]] = {
    ("snapshot", "prune"): ["--keep", "1"],
    ("erase",): ["--reason", "x"],
    ("log",): ["--format", "csv"],
}


def commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield (*path, name), command


COMMANDS = dict(commands(cli))
OTHERS = [path for path in COMMANDS if path[-1] not in CREATING]


def arguments(path: tuple[str, ...], url: str, folder: Path) -> list[str]:
    """Return a call of a command with all that it needs."""
    given = [*path, *MORE.get(path, ())]
    paths = {"to_url": f"sqlite:///{folder}/copy.db", "file": f"{folder}/one.hosts"}
    values = VALUES | paths | {"from_url": url}
    for parameter in COMMANDS[path].params:
        value = values.get(parameter.name or "", "x" if parameter.type is click.STRING else "1")
        # update and delete take a HOST or a --where option.
        if isinstance(parameter, click.Argument) and (parameter.required or parameter.name == "host"):
            given.append(value)
        elif parameter.required:
            given += [parameter.opts[0], value]
    if any("--url" in parameter.opts for parameter in COMMANDS[path].params):
        given += ["--url", url]
    return given


def invoke(*given: str) -> Result:
    return CliRunner().invoke(cli, given)


@pytest.mark.parametrize("path", OTHERS, ids=" ".join)
@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
def test_a_command_names_the_missing_file_and_does_not_create_it(
    path: tuple[str, ...], dialect: str, tmp_path: Path
) -> None:
    file = tmp_path / "missing.db"
    done = invoke(*arguments(path, f"{dialect}:///{file}", tmp_path))
    assert isinstance(done.exception, hostsdb.StorageError), done.output
    assert f"there is no database {file}; create it with hostsdb init" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def empty_database(postgres_server) -> Iterator[str]:
    with fresh_database(postgres_server.url) as url:
        yield url


# On PostgreSQL no file is missing. These describe an empty database: what a DBA runs in it, and what is pending.
DESCRIBING: dict[tuple[str, ...], int] = {("sql",): 0, ("status",): 0, ("check",): 3}


@pytest.mark.parametrize("path", DESCRIBING, ids=" ".join)
def test_a_command_describes_an_empty_database(path: tuple[str, ...], empty_database: str) -> None:
    done = invoke(*path, "--url", empty_database)
    assert done.exit_code == DESCRIBING[path] and "0001_host_events" in done.output


@pytest.mark.parametrize("path", [path for path in OTHERS if path not in DESCRIBING], ids=" ".join)
def test_a_command_creates_no_schema_in_postgres(
    path: tuple[str, ...], empty_database: str, tmp_path: Path
) -> None:
    done = invoke(*arguments(path, empty_database, tmp_path))
    assert isinstance(done.exception, hostsdb.StorageError), done.output
    assert "there is no hostsdb schema in this PostgreSQL database; create it with hostsdb init" in str(
        done.exception
    )
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'host%'").fetchone() == (
            0,
        )
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_has_no_schema(tmp_path: Path) -> None:
    file = tmp_path / "empty.db"
    file.touch()
    done = invoke("list", "--url", f"sqlite:///{file}")
    assert f"there is no hostsdb schema in {file}; create it with hostsdb init" in str(done.exception)
    assert file.read_bytes() == b""


@pytest.mark.parametrize("name", sorted(CREATING))
@pytest.mark.parametrize("dialect", ["postgres", "duckdb", "sqlite"])
def test_a_command_creates_the_database(
    name: str, dialect: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = request.getfixturevalue(f"{dialect}_url")
    (tmp_path / "one.hosts").write_text("10.0.0.1 a\n")
    assert invoke(*arguments((name,), url, tmp_path)).exit_code == 0
    assert invoke("status", "--url", url).exit_code == 0


def test_a_copy_creates_its_destination(sqlite_url: str, duckdb_url: str) -> None:
    assert invoke("init", "--url", sqlite_url).exit_code == 0
    assert invoke("copy", sqlite_url, duckdb_url).exit_code == 0
    assert invoke("status", "--url", duckdb_url).exit_code == 0


def test_the_command_exits_with_1(run_on_empty) -> None:
    assert "hostsdb init" in run_on_empty("list", exit_code=1).stderr
