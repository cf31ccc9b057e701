"""Checks the links in Markdown pages to files and headings of this repository: `python -m tools.links`."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parent.parent
GENERATED = {"build", "dist", "node_modules"}
_IN_HTML = re.compile(r"""(?:href|src)=["']([^"']*)["']""")
_HTML_ANCHOR = re.compile(r"""(?:id|name)=["']([^"']*)["']""")


def pages(folder: Path) -> list[Path]:
    """Return the Markdown pages in a folder, without generated and hidden folders."""
    found = (page.relative_to(folder) for page in folder.rglob("*.md"))
    return sorted(
        folder / p for p in found if not any(part in GENERATED or part[0] == "." for part in p.parts)
    )


def broken(page: Path, root: Path) -> Iterator[str]:
    """Yield a line for each broken link of a page; `root` is the folder of the repository."""
    for link in _links(page):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        path = unquote(parts.path)
        target = (root / path[1:] if path.startswith("/") else page.parent / path) if path else page
        place = f"{page.relative_to(root)}: {link}: "
        if not target.resolve().is_relative_to(root.resolve()) or not target.exists():
            yield place + "there is no such file"
        elif parts.fragment and target.suffix == ".md" and unquote(parts.fragment) not in _anchors(target):
            yield place + "there is no such heading"


def _links(page: Path) -> Iterator[str]:
    for token in _tokens(page):
        if token.type in ("link_open", "image"):
            yield str(token.attrs.get("href") or token.attrs.get("src") or "")
        elif token.type in ("html_inline", "html_block"):
            yield from _IN_HTML.findall(token.content)


@cache
def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them, and of its HTML tags."""
    names: Counter[str] = Counter()
    anchors, tokens = set(), _tokens(page)
    for token, content in pairwise(tokens):
        if token.type == "heading_open":
            text = "".join(t.content for t in content.children or [] if t.type in ("text", "code_inline"))
            name = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
            anchors.add(f"{name}-{names[name]}" if names[name] else name)
            names[name] += 1
        elif token.type in ("html_inline", "html_block"):
            anchors.update(_HTML_ANCHOR.findall(token.content))
    return anchors


def _tokens(page: Path) -> list[Token]:
    """Return a page's tokens in order. The tokens inside a line come after the token of the line."""
    parsed = MarkdownIt("commonmark").enable("table").parse(page.read_text("utf-8"))
    return [inner for token in parsed for inner in (token, *(token.children or []))]


def main() -> None:
    """Print the broken links. Exit code 1: there are some."""
    found = [line for page in pages(ROOT) for line in broken(page, ROOT)]
    print("\n".join(found) or "no broken links")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
