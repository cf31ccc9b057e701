"""A hook of hatchling: README.md as the package index shows it, where a relative link leads nowhere.

With an address in pyproject.toml a link leads to the file of this release. Without one a link becomes its text, and an
image is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.M | re.S)
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_ELSEWHERE = re.compile(r"[a-z]+:|#")
Address = Callable[[str], str | None]


class LongDescription(MetadataHookInterface):
    """Sets the long description."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Set `readme`, with the addresses of the configuration."""
        readme = (Path(self.root) / "README.md").read_text("utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": long_description(readme, self.config["page"], self.config["image"]),
        }


def long_description(readme: str, page: str, image: str) -> str:
    """Return the README without a relative link.

    Arguments:
        page: the address of a file, with {path} in it; empty if there is none.
        image: the same for an image.
    """

    def address(form: str) -> Address:
        return lambda path: form.format(path=path) if form else None

    return rewritten(readme, PurePosixPath("README.md"), address(page), address(image))


def rewritten(markdown: str, page: PurePosixPath, link: Address, image: Address) -> str:
    """Return a page with other addresses in its relative links. Code stays as it is.

    Arguments:
        page: the path of the page in the repository.
        link: returns the address for a path in the repository. None: the link becomes its text.
        image: the same for an image. None: the image is left out.
    """

    def changed(found: re.Match[str]) -> str:
        mark, text, target = found.groups()
        if _ELSEWHERE.match(target):
            return found[0]
        path, hash_, heading = target.partition("#")
        address = (image if mark else link)(normal(page.parent / path))
        if address is None:
            return "" if mark else text
        return f"{mark}[{text}]({address}{hash_}{heading})"

    parts = _CODE.split(markdown)
    return "".join(part if place % 2 else _LINK.sub(changed, part) for place, part in enumerate(parts))


def normal(path: PurePosixPath) -> str:
    """Return a path without `..`."""
    parts: list[str] = []
    for part in path.parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)
