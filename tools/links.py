"""`python -m tools.links` checks the links in the Markdown pages that lead to files and headings of this repository."""

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
MADE = {"build", "dist", "node_modules"}
_IN_HTML = re.compile(r"""(?:href|src)=["']([^"']*)["']""")
_HTML_ANCHOR = re.compile(r"""(?:id|name)=["']([^"']*)["']""")


def pages(folder: Path) -> list[Path]:
    """Return the Markdown pages under a folder, without what tools made there."""
    found = (page.relative_to(folder) for page in folder.rglob("*.md"))
    return sorted(folder / p for p in found if not any(part in MADE or part[0] == "." for part in p.parts))


def broken(page: Path, root: Path) -> Iterator[str]:
    """Yield a line for each link of a page that leads nowhere; `root` is the repository's folder."""
    for link in _links(page):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        path = unquote(parts.path)
        target = (root / path[1:] if path.startswith("/") else page.parent / path) if path else page
        told = f"{page.relative_to(root)}: {link}: "
        if not target.resolve().is_relative_to(root.resolve()) or not target.exists():
            yield told + "there is no such file"
        elif parts.fragment and target.suffix == ".md" and unquote(parts.fragment) not in _anchors(target):
            yield told + "there is no such heading"


def _links(page: Path) -> Iterator[str]:
    for token in _tokens(page):
        if token.type in ("link_open", "image"):
            yield str(token.attrs.get("href") or token.attrs.get("src") or "")
        elif token.type in ("html_inline", "html_block"):
            yield from _IN_HTML.findall(token.content)


@cache
def _anchors(page: Path) -> set[str]:
    """Return the names of a page's headings, as GitHub gives them, and those set by hand."""
    names: Counter[str] = Counter()
    anchors, tokens = set(), _tokens(page)
    for token, following in pairwise(tokens):
        if token.type == "heading_open":
            text = "".join(t.content for t in following.children or [] if t.type in ("text", "code_inline"))
            name = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
            anchors.add(f"{name}-{names[name]}" if names[name] else name)
            names[name] += 1
        elif token.type in ("html_inline", "html_block"):
            anchors.update(_HTML_ANCHOR.findall(token.content))
    return anchors


def _tokens(page: Path) -> list[Token]:
    """Return a page's tokens in order, those inside a line after it."""
    parsed = MarkdownIt("commonmark").enable("table").parse(page.read_text("utf-8"))
    return [inner for token in parsed for inner in (token, *(token.children or []))]


def main() -> None:
    """Print the links that lead nowhere; exit with 1 when there are any."""
    found = [line for page in pages(ROOT) for line in broken(page, ROOT)]
    print("\n".join(found) or "all links lead somewhere")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
