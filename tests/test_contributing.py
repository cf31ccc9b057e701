"""CONTRIBUTING.md stays true: what it names is there, and its example of a new column works on each engine."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import hostsdb
from hostsdb.cli.commands.check import check_command
from hostsdb.cli.commands.schema import rollback_command
from hostsdb.cli.commands.verify import verify_command
from hostsdb.cli.options import open_url
from hostsdb.schema import catalogue, files
from hostsdb.sql_files import resource_folder
from tests.schema.commands import run
from tests.support.postgres_server import fresh_database
from tools.generate_schema import expected_file

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
EXAMPLE = ROOT / "examples" / "adding-a-column"


def test_every_path_that_the_page_names_exists() -> None:
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:md|toml)|Makefile)`", PAGE)
    assert len(named) > 30
    assert [path for path in named if "NAME" not in path and not (ROOT / path).exists()] == []


def test_every_name_in_a_table_stands_in_its_file() -> None:
    """A row `path` | `name`, `name` says that the file has the names."""
    rows = re.findall(r"^\| *`([\w./-]+\.\w+)` *\|(.*?)\|", PAGE, re.M)
    named = [(path, name) for path, cell in rows for name in re.findall(r"`(\w+)(?:\(\))?`", cell)]
    assert len(named) > 20
    missing = [
        (path, name) for path, name in named if not re.search(rf"\b{name}\b", (ROOT / path).read_text())
    ]
    assert missing == []


@pytest.mark.parametrize("number", range(len(re.findall(r"^```sql (\w+)$", PAGE, re.M))))
def test_a_statement_does_what_the_page_says(request: pytest.FixtureRequest, number: int) -> None:
    """A block of SQL runs in one transaction; where a block of text follows it, it is refused with those words."""
    blocks = re.findall(r"^```sql (\w+)\n(.*?)^```\n(?:\n^```text\n(.*?)^```)?", PAGE, re.M | re.S)
    engine, statements, refusal = blocks[number]
    url = request.getfixturevalue(f"{engine}_url")
    hostsdb.connect(url).close()
    with open_url(url) as database, database.exclusive() as connection:
        run_all = connection.executescript if engine == "sqlite" else connection.execute
        if not refusal:
            run_all(f"BEGIN; {statements} COMMIT;")
            return
        with pytest.raises(Exception, match=re.escape(refusal.strip())):
            run_all(statements)


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def with_the_example(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Let hostsdb take a copy of the migrations with the example as the last one; give that one's id."""
    shutil.copytree(ROOT / "migrations", tmp_path / "migrations")
    last = max(file.name for file in (ROOT / "migrations" / "sqlite").glob("*.sql")).split(".")[0]
    number = f"{int(last[:4]) + 1:04}"
    for file in EXAMPLE.rglob("*.sql"):
        text = re.sub(r"^-- depends: [0-9]{4}_\w+", f"-- depends: {last}", file.read_text())
        to = tmp_path / "migrations" / file.parent.name / file.name.replace("NNNN", number)
        to.write_text(text.replace("NNNN", number))
    monkeypatch.setattr(files, "resource_folder", lambda name: tmp_path / name)
    files.migrations_for.cache_clear()
    yield f"{number}_skipped_count"
    files.migrations_for.cache_clear()


def expect_it(request: pytest.FixtureRequest, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `check` know the example's objects on PostgreSQL, as `make schema` would."""
    if url.startswith("postgres"):
        with fresh_database(request.getfixturevalue("postgres_server").url) as empty:
            expected = json.loads(expected_file(empty))
        monkeypatch.setattr(catalogue, "read_expected", lambda: expected)


def skipped_counts(url: str) -> list[int | None]:
    with open_url(url) as database, database.exclusive() as connection:
        statement = "SELECT skipped_count FROM snapshots ORDER BY snapshot_id"
        return [count for (count,) in connection.execute(statement).fetchall()]


def insert_snapshot(url: str, id: str, skipped_count: int) -> None:
    with open_url(url) as database, database.exclusive() as connection:
        connection.execute(
            "INSERT INTO snapshots (snapshot_id, hosts_content, entry_count, trigger, skipped_count)"
            f" VALUES ('{id}', '', 0, 'test', {skipped_count})"
        )


def test_the_example(request: pytest.FixtureRequest, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with hostsdb.connect(url) as storage:
        before = storage.create_snapshot()
    example = request.getfixturevalue("with_the_example")
    with hostsdb.connect(url, initialize=False) as storage:
        assert example in storage.initialize()
    expect_it(request, url, monkeypatch)
    assert run(check_command, url).output == "the schema is current\n"
    insert_snapshot(url, "x1", 3)
    with pytest.raises(Exception, match=r"skipped_count|range"):
        insert_snapshot(url, "x2", -1)
    assert skipped_counts(url) == [None, 3]
    undo(url, example)
    with hostsdb.connect(url, initialize=False) as storage:
        assert storage.get_snapshot(before.snapshot_id or "") == before
        assert len(storage.list_snapshots()) == 2


def test_an_earlier_hostsdb_works_with_the_example(
    request: pytest.FixtureRequest, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = request.getfixturevalue("with_the_example")
    hostsdb.connect(url).close()
    monkeypatch.setattr(files, "resource_folder", resource_folder)
    files.migrations_for.cache_clear()
    with hostsdb.connect(url) as storage:
        nas = storage.add_host("10.0.0.1", "nas.lan", priority=-1)
        storage.update_host(nas.id, comment="disks")
        stored = storage.create_snapshot("first")
        storage.delete_host(nas.id)
        assert storage.restore_snapshot(stored.snapshot_id or "")
        assert storage.get_snapshot(stored.snapshot_id or "") == stored
        assert [host.comment for host in storage.list_all()] == ["disks"]
    assert skipped_counts(url) == [None] * len(skipped_counts(url)) != []
    assert run(verify_command, url).exit_code == 0
    found = json.loads(run(check_command, url, "--json").output)
    assert (found["state"], found["unknown"]) == ("newer", []) and example in found["compatible"]


def undo(url: str, example: str) -> None:
    done = run(rollback_command, url, "--to", str(int(example[:4]) - 1))
    assert f"undid {example}\n" in done.output
    with pytest.raises(Exception, match="skipped_count"):
        skipped_counts(url)
    findings = json.loads(run(check_command, url, "--json").output)
    assert (findings["state"], findings["differences"]) == ("pending", [])
