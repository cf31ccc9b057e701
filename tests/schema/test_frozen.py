"""A released migration is never edited: the list of their SHA-256 is checked in."""

import shutil
import subprocess

import pytest

from tools.freeze import FILE, FOLDER, sums

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
