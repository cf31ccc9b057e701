"""A released migration is never edited: the list of their SHA-256 is checked in."""

import shutil
import subprocess
from pathlib import Path

import pytest

from hostsdb.schema.files import features_of, migrations_for
from hostsdb.url import Dialect
from tools.freeze import FILE, FOLDER, edited, sums

ADVICE = (
    "a migration is not the one in migrations/SHA256SUMS. A released migration is never edited: undo the change and "
    "add a migration with the next number. For a new migration, or before the release 0.1.0, run: make freeze"
)


def test_the_migrations_are_those_of_the_list() -> None:
    listed, found = FILE.read_text("utf-8").splitlines(), sums().splitlines()
    differing = sorted({line.split()[1] for line in {*listed} ^ {*found}})
    assert not differing, f"{', '.join(differing)}: {ADVICE}"
    assert listed == found, ADVICE


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="this system has no sha256sum")
def test_a_dba_can_check_the_list() -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", FILE.name], cwd=FOLDER, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == len(list(FOLDER.glob("*/*.sql")))


@pytest.mark.parametrize("dialect", ["postgres", "duckdb", "sqlite"])
def test_the_list_has_every_migration_and_rollback_that_is_ever_applied(dialect: Dialect) -> None:
    listed = {line.split()[1] for line in FILE.read_text("utf-8").splitlines()}
    migrations = migrations_for(dialect, 19, features_of(dialect))
    files = [file for migration in migrations for file in (migration.file, migration.rollback)]
    assert {"/".join(Path(str(file)).parts[-2:]) for file in files} <= listed


@pytest.mark.skipif(shutil.which("git") is None, reason="this system has no git")
def test_a_released_file_is_not_listed_again_after_an_edit(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        settings = ["-c", "user.name=me", "-c", "user.email=me@localhost", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *settings, *arguments], cwd=tmp_path, check=True, capture_output=True)

    folder = tmp_path / "migrations"
    (folder / "sqlite").mkdir(parents=True)
    first, second = folder / "sqlite" / "0001_a.sql", folder / "sqlite" / "0002_b.sql"
    first.write_text("SELECT 1;\n")
    git("init")
    assert edited(folder) == []  # nothing is released
    (folder / FILE.name).write_text(sums(folder))
    git("add", ".")
    git("commit", "-m", "one")
    git("tag", "v0.1.0")
    second.write_text("SELECT 2;\n")
    assert edited(folder) == []
    first.write_text("SELECT 3;\n")
    assert edited(folder) == ["sqlite/0001_a.sql"]
    first.unlink()
    assert edited(folder) == ["sqlite/0001_a.sql"]
