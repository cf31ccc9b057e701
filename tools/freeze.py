"""Writes migrations/SHA256SUMS, the list of all migration files with their SHA-256: `make freeze`.

A DBA checks the files with `cd migrations && sha256sum -c SHA256SUMS`.
"""

import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "migrations"
FILE = FOLDER / "SHA256SUMS"


def sums() -> str:
    """Return the content of the list, in the format of sha256sum."""
    return "".join(
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(FOLDER).as_posix()}\n"
        for file in sorted(FOLDER.glob("*/*.sql"))
    )


def main() -> None:
    """Write the list."""
    FILE.write_text(sums(), "utf-8")
    print(f"wrote {FILE.name} with {len(sums().splitlines())} files")


if __name__ == "__main__":
    main()
