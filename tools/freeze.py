"""Writes migrations/SHA256SUMS, the list of all migration files with their SHA-256: `make freeze`.

A DBA checks the files with `cd migrations && sha256sum -c SHA256SUMS`. If a file of the last release was edited or
removed, the list is not written.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "migrations"
FILE = FOLDER / "SHA256SUMS"


def sums(folder: Path = FOLDER) -> str:
    """Return the content of the list, in the format of sha256sum."""
    return "".join(
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(folder).as_posix()}\n"
        for file in sorted(folder.glob("*/*.sql"))
    )


def edited(folder: Path = FOLDER) -> list[str]:
    """Return the files of the last release, the newest tag v*, that are not the same any more."""
    tag = _git(folder, "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*").strip()
    released = _git(folder, "show", f"{tag}:./{FILE.name}") if tag else ""
    missing = {*released.splitlines()} - {*sums(folder).splitlines()}
    return sorted(line.split()[1] for line in missing)


def _git(folder: Path, *arguments: str) -> str:
    """Return the output of git. It is empty if there is no release, no repository or no git."""
    try:
        return subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


def main() -> None:
    """Write the list."""
    if files := edited():
        sys.exit(f"{', '.join(files)}: a released migration is never edited; add one with the next number")
    FILE.write_text(sums(), "utf-8")
    print(f"wrote {FILE.name} with {len(sums().splitlines())} files")


if __name__ == "__main__":
    main()
