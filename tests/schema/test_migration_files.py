"""The names, the order and the headers of the migration files, and the errors for a wrong folder."""

import re
from pathlib import Path

import pytest

from hostsdb.errors import MigrationFailed
from hostsdb.schema import files
from tests.schema.raw import MIGRATIONS, Dialect, migration_files

FOLDERS = ["postgres", "postgres-19", "postgres-dns", "duckdb", "sqlite", "sqlite-dns"]
HEADER = re.compile(r"(-- depends: [0-9]{4}_\w+\n)?-- What: \S.*\n-- Why: \S.*\n-- DBA: \S.*\n\n", re.ASCII)


def names(folder: str) -> list[str]:
    """Return the ids of the migrations of a folder, in order."""
    forward = (MIGRATIONS / folder).glob("[0-9][0-9][0-9][0-9]_*.sql")
    return sorted(file.name[:-4] for file in forward if not file.name.endswith(".rollback.sql"))


def test_numbers_and_names_are_the_same_in_every_dialect() -> None:
    assert names("postgres") == names("duckdb") == names("sqlite")
    assert {name[:4] for name in names("postgres-19")} <= {name[:4] for name in names("postgres")}
    assert names("postgres-dns") == names("sqlite-dns")


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_begins_with_what_why_and_a_note_for_the_dba(folder: str) -> None:
    for name in names(folder):
        text = (MIGRATIONS / folder / f"{name}.sql").read_text("utf-8")
        assert HEADER.match(text), f"{folder}/{name}.sql: begin it with the lines What, Why and DBA"


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_but_the_first_depends_on_the_one_before(folder: str) -> None:
    """The lines are the order for yoyo."""
    for name, before in zip(names(folder), [None, *names(folder)], strict=False):
        first = (MIGRATIONS / folder / f"{name}.sql").read_text("utf-8").partition("\n")[0]
        if folder == "postgres-19":
            before = next(other for other in names("postgres") if other[:4] == name[:4])
        if folder.endswith("-dns") and before is None:
            before = "0008_compatibility"
        assert before is None or first == f"-- depends: {before}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_file_ends_its_transaction_or_has_a_command_of_a_shell(folder: str) -> None:
    for file in (MIGRATIONS / folder).glob("*.sql"):
        text = file.read_text("utf-8")
        assert text.endswith(";\n") and "\r" not in text and not text.startswith("\ufeff"), file
        assert not re.search(
            r"(?i)^((BEGIN|COMMIT|ROLLBACK)( TRANSACTION)?;|COPY |\\|\.)", text, re.MULTILINE
        ), file


@pytest.mark.parametrize(
    ("dialect", "major"), [("postgres", 15), ("postgres", 19), ("duckdb", 0), ("sqlite", 0)]
)
def test_the_library_reads_the_files_in_the_order_of_their_numbers(dialect: Dialect, major: int) -> None:
    assert [migration.id + ".sql" for migration in files.migrations_for(dialect, major)] == [
        file.name for file in migration_files(dialect, major)
    ]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two valid migrations. The library reads it instead of its own."""
    (tmp_path / "postgres-19").mkdir()
    folder = tmp_path / "postgres"
    folder.mkdir()
    for name in ("0001_first", "0002_second"):
        (folder / f"{name}.sql").write_text("SELECT 1;\n")
        (folder / f"{name}.rollback.sql").write_text("SELECT 1;\n")
    monkeypatch.setattr(files, "resource_folder", lambda name: tmp_path)
    return folder


def ids(major: int = 15) -> list[str]:
    """Return the ids that the library reads in the folder, without its cache."""
    return [migration.id for migration in files.migrations_for.__wrapped__("postgres", major)]


def test_a_valid_folder_is_read(folder: Path) -> None:
    (folder / "README.md").write_text("no migration")
    (folder / ".sqlfluff").write_text("no migration")
    assert ids() == ["0001_first", "0002_second"]


def add(folder: Path, name: str, rollback: bool = True) -> None:
    (folder / f"{name}.sql").write_text("SELECT 1;\n")
    if rollback:
        (folder / f"{name}.rollback.sql").write_text("SELECT 1;\n")


def test_a_gap_in_the_numbers_is_refused(folder: Path) -> None:
    add(folder, "0004_fourth")
    with pytest.raises(MigrationFailed, match=r"numbers \[1, 2, 4\]; number the files 0001"):
        ids()


def test_a_repeated_number_is_refused(folder: Path) -> None:
    add(folder, "0002_other")
    with pytest.raises(MigrationFailed, match=r"numbers \[1, 2, 2\]; number the files"):
        ids()


@pytest.mark.parametrize(
    "name", ["3_third", "0003-third", "0003_Third", "third", "00003_third", "0003_", "0003_a b"]
)
def test_a_wrong_name_is_refused(folder: Path, name: str) -> None:
    add(folder, name)
    with pytest.raises(MigrationFailed, match=rf"{name}\.sql: the name must look like 0001_what\.sql"):
        ids()


def test_a_missing_rollback_is_refused(folder: Path) -> None:
    add(folder, "0003_third", rollback=False)
    with pytest.raises(MigrationFailed, match=r"has no rollback file; add 0003_third\.rollback\.sql"):
        ids()


def test_a_rollback_without_a_migration_is_refused(folder: Path) -> None:
    (folder / "0003_third.rollback.sql").write_text("SELECT 1;\n")
    with pytest.raises(MigrationFailed, match="belongs to no migration; remove or rename it"):
        ids()


def test_a_file_for_a_newer_server_has_the_number_of_the_file_that_it_changes(folder: Path) -> None:
    add(folder.parent / "postgres-19", "0001_native")
    assert ids(18) == ["0001_first", "0002_second"]
    assert ids(19) == ["0001_first", "0001_native", "0002_second"]
    add(folder.parent / "postgres-19", "0003_new")
    with pytest.raises(
        MigrationFailed,
        match="0003_new: postgres has no migration with this number; use the number of",
    ):
        ids(19)
    assert ids(18) == ["0001_first", "0002_second"]
