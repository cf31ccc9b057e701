"""Writes the pages of the documentation site to build/pages: `make docs`.

A git host shows docs/ and the pages at the root as they are. On the site these pages stand together, so their links to
each other change. A link to any other file becomes its text, and a code block loses the name that tests use. The
reference gets the docstrings.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path, PurePosixPath

from tools.generate_reference import site_page
from tools.long_description import rewritten
from tools.site_diagram import as_tables

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "build" / "pages"
AT_THE_ROOT = ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
_NAMED_BLOCK = re.compile(r"^( *```\w+) \S.*$", re.MULTILINE)


def sources() -> dict[str, Path]:
    """Return the files of the site, by their paths there."""
    files = (file for file in (ROOT / "docs").rglob("*") if file.suffix in (".md", ".svg"))
    return {file.relative_to(ROOT / "docs").as_posix(): file for file in sorted(files)} | {
        name: ROOT / name for name in AT_THE_ROOT
    }


def page(path: str, file: Path) -> str:
    """Return the text of a page of the site."""
    if path == "reference.md":
        return site_page()
    places = {source.relative_to(ROOT).as_posix(): place for place, source in sources().items()}

    name = PurePosixPath(file.relative_to(ROOT).as_posix())

    def address(target: str) -> str | None:
        if not (ROOT / target).exists():
            raise FileNotFoundError(f"{name}: there is no {target}")
        if target not in places:
            return None
        return Path(os.path.relpath(places[target], Path(path).parent)).as_posix()

    text = as_tables(file.read_text("utf-8"))
    return _NAMED_BLOCK.sub(r"\1", rewritten(text, name, address, address))


def main() -> None:
    """Write the pages."""
    shutil.rmtree(TARGET, ignore_errors=True)
    for path, file in sources().items():
        target = TARGET / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".md":
            target.write_text(page(path, file), "utf-8")
        else:
            shutil.copy(file, target)


if __name__ == "__main__":
    main()
