"""The documentation site has every page of docs/, and each of its links leads to a page of the site or is text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from tools.links import broken
from tools.long_description import rewritten
from tools.site_pages import page, sources

ROOT = Path(__file__).parent.parent


def listed(entries: list[Any]) -> Iterator[str]:
    """Yield the pages of a navigation."""
    for entry in entries:
        for value in entry.values() if isinstance(entry, dict) else [entry]:
            yield from [value] if isinstance(value, str) else listed(value)


def test_every_page_is_in_the_navigation_once() -> None:
    navigation = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]["nav"]
    assert sorted(listed(navigation)) == sorted(path for path in sources() if path.endswith(".md"))


def test_the_map_names_every_page() -> None:
    text = (ROOT / "docs" / "index.md").read_text("utf-8")
    pages = {path for path in sources() if path.endswith(".md")} - {"index.md"}
    pages = {path for path in pages if path == "decisions/README.md" or "/" not in path}
    assert [path for path in pages if f"({path})" not in text and f"(../{path})" not in text] == []


def test_the_benchmarks_begin_with_a_figure_of_every_engine_for_common_work() -> None:
    text = (ROOT / "docs" / "benchmarks.md").read_text("utf-8").partition("\n## ")[0]
    _, _, *rows = re.findall(r"^\|.*\|$", text, re.M)
    assert len(rows) == 8 and not [row for row in rows if "|  |" in row]


def test_the_links_of_the_site(tmp_path: Path) -> None:
    for path, file in sources().items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page(path, file) if file.suffix == ".md" else "", "utf-8")
    assert [line for path in tmp_path.rglob("*.md") for line in broken(path, tmp_path)] == []
    assert "[CHANGELOG](CHANGELOG.md)" in (tmp_path / "index.md").read_text("utf-8")


def test_the_site_has_each_column_and_relation_of_the_diagram() -> None:
    diagram = (ROOT / "docs" / "schema.md").read_text("utf-8").partition("erDiagram\n")[2].partition("```")[0]
    text = page("schema.md", ROOT / "docs" / "schema.md").partition("<!-- end -->")[0]
    assert "erDiagram" not in text
    columns = re.findall(r"^        \w+ (\w+)", diagram, re.M)
    assert re.findall(r"^\| `(\w+)` \| \w+ \|", text, re.M) == columns
    assert len(re.findall(r"^- `\w+` and `\w+`: ", text, re.M)) == diagram.count("--")
    assert "| `event_id` | text | primary key |  |" in text


MARKDOWN = """[page](../a.md#here) [a
file](c/d.txt) ![drawn](e.svg) [out](https://example.org) [here](#there) `[code](x.md)`

```text
[code](x.md)
```
"""


def test_relative_links_change_and_nothing_else() -> None:
    name = PurePosixPath("docs/page.md")
    changed = rewritten(MARKDOWN, name, lambda path: f"/at/{path}", lambda path: f"/raw/{path}")
    expected = MARKDOWN.replace("../a.md", "/at/a.md").replace("c/d.txt", "/at/docs/c/d.txt")
    assert changed == expected.replace("e.svg", "/raw/docs/e.svg")


def test_a_link_without_an_address_is_text() -> None:
    changed = rewritten(MARKDOWN, PurePosixPath("docs/page.md"), lambda _: None, lambda _: None)
    assert changed.startswith("page a\nfile  [out](https://example.org) [here](#there) `[code](x.md)`\n")


PAGES = {path: file.read_text("utf-8") for path, file in sources().items() if file.suffix == ".md"}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_names_files_that_are_there(path: str) -> None:
    named = re.findall(
        r"`((?:tests|hostsdb|sql|migrations|examples|benchmarks|tools|docs)/[\w./-]+)`", PAGES[path]
    )
    assert [file for file in named if "NAME" not in file and not (ROOT / file).exists()] == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_names_options_that_the_command_has(path: str) -> None:
    known = set(re.findall(r"--[a-z][a-z-]+", PAGES["commands.md"])) | {"--help"}
    commands = re.findall(r"`(hostsdb [^`\n]+)`|^ *(hostsdb [^|\n]+)", PAGES[path], re.M)
    words = [word for command in commands for word in "".join(command).split()]
    assert [word for word in words if word.startswith("--") and word.partition("=")[0] not in known] == []
