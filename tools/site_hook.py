"""A hook of mkdocs: a link to a file outside docs/ becomes text, and a code block loses the name that tests use."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

_NAMED_BLOCK = re.compile(r"^(```\w+) \S+$", re.MULTILINE)
_LINK_UP = re.compile(r"\[([^]]+)\]\(((?:\.\./)+)[^)]+\)")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Return the text of a page as mkdocs reads it."""
    depth = len(PurePosixPath(page.file.src_uri).parts)

    def changed(link: re.Match[str]) -> str:
        return link[1] if link[2].count("../") == depth else link[0]

    return _NAMED_BLOCK.sub(r"\1", _LINK_UP.sub(changed, markdown))
